"""A model under construction, node by node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from opassay.adapters.tracing import Traced
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import dtype_name
from opassay.harness.model.outcome import Inferred

OPSET = 22
"""Pinned: the newest version of almost all ops used here. Source: https://onnx.ai/onnx/operators/"""

LATER = 23
"""For models with a newer node: attention, rotary embeddings."""

IR_VERSION = 10
"""The file format that goes with opset 22, and the next one with the next. Source: https://onnx.ai/onnx/intro/concepts.html#opset-version"""

TYPES = {
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "int16": TensorProto.INT16,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "float8_e4m3fn": TensorProto.FLOAT8E4M3FN,
    "float8_e5m2": TensorProto.FLOAT8E5M2,
    "float8_e4m3fnuz": TensorProto.FLOAT8E4M3FNUZ,
    "float8_e5m2fnuz": TensorProto.FLOAT8E5M2FNUZ,
}

_NAMES = {number: name for name, number in TYPES.items()}


@dataclass(frozen=True, eq=False)
class Symbol(Traced):
    """A value of a graph. ``shape`` is that of an input; None for a node's output until it is inferred."""

    graph: Graph
    name: str
    dtype: str
    known_shape: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """By ONNX's shape inference; empty where it fails."""
        return self.known_shape if self.known_shape is not None else self.graph.inferred_shape(self)

    def __add__(self, other: Symbol) -> Symbol:
        return self.graph.node("Add", self, other)

    def __sub__(self, other: Symbol) -> Symbol:
        return self.graph.node("Sub", self, other)


class Graph:
    """Inputs, constants and nodes of a model."""

    def __init__(self) -> None:
        self._inputs: list[Any] = []
        self._constants: list[Any] = []
        self._nodes: list[Any] = []
        self._count = 0

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def input(self, array: np.ndarray) -> Symbol:
        symbol = Symbol(self, self._name(), dtype_name(array), array.shape)
        self._inputs.append(helper.make_tensor_value_info(symbol.name, TYPES[symbol.dtype], array.shape))
        return symbol

    def constant(self, values: Any, dtype: str = "int64") -> Symbol:
        """A value that is part of the model."""
        array = np.asarray(values, dtype)
        symbol = Symbol(self, self._name(), dtype, array.shape)
        self._constants.append(numpy_helper.from_array(array, symbol.name))
        return symbol

    def weight(self, array: np.ndarray) -> Symbol:
        """An argument of the traced function as a constant of the model, bit for bit."""
        symbol = Symbol(self, self._name(), dtype_name(array), array.shape)
        raw = np.ascontiguousarray(array).tobytes()
        self._constants.append(helper.make_tensor(symbol.name, TYPES[symbol.dtype], array.shape, raw, raw=True))
        return symbol

    def node(self, kind: str, *inputs: Symbol | None, outputs: int = 1, **attributes: Any) -> Any:
        """The first output of a node, or all of several. None stands for an omitted input."""
        names = [self._name() for _ in range(outputs)]
        given = [symbol.name if symbol is not None else "" for symbol in inputs]
        self._nodes.append(helper.make_node(kind, given, names, **attributes))
        dtype = next(symbol.dtype for symbol in inputs if symbol is not None)
        made = tuple(Symbol(self, name, dtype) for name in names)
        return made if outputs > 1 else made[0]

    def model(self, outputs: Sequence[Symbol]) -> Any:
        """The model that computes ``outputs``, each under a name of its own."""
        taken = {info.name for info in self._inputs} | {tensor.name for tensor in self._constants}
        named = []
        for symbol in outputs:
            own = symbol if symbol.name not in taken else self.node("Identity", symbol)
            taken.add(own.name)
            named.append(onnx.ValueInfoProto(name=own.name))
        graph = helper.make_graph(self._nodes, "opassay", self._inputs, named, self._constants)
        opset = max((_opset(node.op_type) for node in self._nodes), default=OPSET)
        ir_version = IR_VERSION + (opset > OPSET)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)

    def inferred_shape(self, symbol: Symbol) -> tuple[int, ...]:
        shape, _ = self.inferred([symbol], strict=False)[0]
        return shape if shape is not None and None not in shape else ()

    def inferred(self, outputs: Sequence[Symbol], strict: bool = True) -> list[Inferred]:
        """ONNX's inferred shapes; None for unknown extents."""
        model = onnx.shape_inference.infer_shapes(
            self.model(outputs), check_type=strict, strict_mode=strict, data_prop=True
        )
        return [_told(value.type.tensor_type) for value in model.graph.output]


def _opset(kind: str) -> int:
    return OPSET if onnx.defs.has(kind, OPSET) else LATER


def node(kind: str, *inputs: Symbol, outputs: int = 1, **attributes: Any) -> Any:
    """The first output of a node in the graph of its inputs, or all of several.

    A kind or an attribute unknown to ONNX is a fault of the expression, not a question for the backend.
    """
    if not onnx.defs.has(kind):
        raise LookupError(f"ONNX has no operator {kind!r}")
    surplus = set(attributes) - set(onnx.defs.get_schema(kind, _opset(kind)).attributes)
    if surplus:
        raise LookupError(f"{kind} of ONNX has no attribute {min(surplus)!r}")
    return inputs[0].graph.node(kind, *inputs, outputs=outputs, **attributes)


def like(x: Symbol, value: float | Sequence[float]) -> Symbol:
    """A constant of the model in ``x``'s dtype, a scalar or a row of numbers."""
    return x.graph.weight(dtypes.narrow(np.asarray(value), x.dtype))


def whole(x: Symbol, numbers: int | Sequence[int]) -> Symbol:
    """Integer constants of ``x``'s model."""
    return x.graph.weight(np.asarray(numbers, np.int64))


def factors(x: Symbol, numbers: Sequence[float]) -> Symbol:
    """float32 constants of ``x``'s model, whatever its dtype."""
    return x.graph.weight(np.asarray(numbers, np.float32))


def _told(kind: Any) -> Inferred:
    extents = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim)
    return (extents if kind.HasField("shape") else None, _NAMES.get(kind.elem_type, ""))
