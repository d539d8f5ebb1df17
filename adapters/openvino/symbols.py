"""Values of a model under construction, and OpenVINO's names for dtypes, layouts and padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset16 as ops

from opassay.adapters.geometry import Padding, channels_last, spatial_axes
from opassay.adapters.tracing import Traced
from opassay.harness.model.outcome import Inferred

TYPES: Mapping[str, ov.Type] = {
    "float16": ov.Type.f16,
    "bfloat16": ov.Type.bf16,
    "float32": ov.Type.f32,
    "float64": ov.Type.f64,
    "int8": ov.Type.i8,
    "uint8": ov.Type.u8,
    "int16": ov.Type.i16,
    "uint16": ov.Type.u16,
    "uint32": ov.Type.u32,
    "uint64": ov.Type.u64,
    "bool": ov.Type.boolean,
    "int32": ov.Type.i32,
    "int64": ov.Type.i64,
    "float8_e4m3fn": ov.Type.f8e4m3,
    "float8_e5m2": ov.Type.f8e5m2,
}

_NAMES = {kind.get_type_name(): name for name, kind in TYPES.items()}


@dataclass(frozen=True, eq=False)
class Symbol(Traced):
    """An output of a node."""

    output: ov.Output

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.output.get_shape())

    @property
    def type(self) -> ov.Type:
        return self.output.get_element_type()

    def __add__(self, other: Symbol) -> Symbol:
        return symbol(ops.add(self.output, other.output))

    def __sub__(self, other: Symbol) -> Symbol:
        return symbol(ops.subtract(self.output, other.output))


def symbol(node: Any) -> Symbol:
    """The first output of a node."""
    return Symbol(node.output(0))


def node(make: Any, *inputs: Symbol, **attributes: Any) -> Symbol:
    """The first output of an opset function on these values."""
    return symbol(make(*(x.output for x in inputs), **attributes))


def outputs(make: Any, *inputs: Symbol, **attributes: Any) -> tuple[Symbol, ...]:
    """All outputs of it."""
    return tuple(map(Symbol, make(*(x.output for x in inputs), **attributes).outputs()))


def joined(make: Any, xs: Sequence[Symbol], axis: int) -> Symbol:
    """An opset function on several values along an axis."""
    return symbol(make([x.output for x in xs], axis))


def whole(numbers: int | Sequence[int]) -> Symbol:
    """Integer constants of the model."""
    return symbol(constant(numbers))


def factors(numbers: Sequence[float]) -> Symbol:
    """float32 constants of the model."""
    return symbol(ops.constant(np.asarray(numbers, np.float32)))


def like(x: Symbol, number: float) -> Symbol:
    """A scalar constant of ``x``'s dtype."""
    return symbol(ops.constant(number, x.type))


def told(x: Symbol) -> Inferred:
    """Shape and dtype as far as the model knows them."""
    shape = x.output.get_partial_shape()
    extents = None
    if shape.rank.is_static:
        extents = tuple(extent.get_length() if extent.is_static else None for extent in shape)
    return extents, _NAMES.get(x.type.get_type_name(), "")


def constant(values: Any) -> Any:
    return ops.constant(np.asarray(values, np.int64))


def channels_first(x: Symbol, layout: str) -> Any:
    order = [0, len(layout) - 1, *spatial_axes(layout)]
    return ops.transpose(x.output, constant(order)) if channels_last(layout) else x.output


def restored(y: Any, layout: str) -> Any:
    """The inverse of ``channels_first``."""
    return ops.transpose(y, constant([0, *range(2, len(layout)), 1])) if channels_last(layout) else y


def padded(padding: Padding, axes: int = 2) -> Mapping[str, Any]:
    """The padding attributes; a word unknown to OpenVINO is passed unchanged."""
    if isinstance(padding, str):
        word = {"SAME": "same_upper", "VALID": "valid"}.get(padding, padding)
        return {"pads_begin": [0] * axes, "pads_end": [0] * axes, "auto_pad": word}
    begin, end = ([pair[i] for pair in padding] for i in (0, 1))
    return {"pads_begin": begin, "pads_end": end, "auto_pad": "explicit"}
