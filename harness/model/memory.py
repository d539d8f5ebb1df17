"""Memory: how a tensor's values lie in memory. The values stay the same; the strides differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from opassay.harness.model import strict_json

KINDS = ("contiguous", "transposed", "sliced", "offset", "reversed", "broadcast", "channels_last")


@dataclass(frozen=True)
class Memory:
    """How a tensor lies in memory.

    ``contiguous``: row-major. ``transposed``: axes stored in reverse order. ``sliced``: every
    ``step``-th element of a larger buffer along ``axis``. ``offset``: row-major, starting one element
    into its buffer, so unaligned. ``reversed``: negative stride along ``axis``. ``broadcast``: zero
    stride along ``axis`` (the values repeat). ``channels_last``: a rank-4 tensor stored with axis 1
    innermost, as torch's memory format of that name.
    """

    kind: str = "contiguous"
    axis: int = 0
    step: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown memory kind {self.kind!r}; known: {', '.join(KINDS)}")
        if self.step < 1 or self.axis < 0:
            raise ValueError(f"axis and step must not be negative, got axis {self.axis}, step {self.step}")

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"kind": self.kind}
        if self.axis:
            out["axis"] = self.axis
        if self.step != 1:
            out["step"] = self.step
        return out

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Memory:
        data = strict_json.fields(given, "memory", ("kind",), ("axis", "step"))
        return cls(
            str(data["kind"]), strict_json.integer(data.get("axis", 0)), strict_json.integer(data.get("step", 1))
        )


def stored_shape(memory: Memory, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the distinct values: 1 along a broadcast axis, else ``shape``."""
    if memory.kind != "broadcast" or not shape or shape[_axis(memory, shape)] == 0:
        return shape
    axis = _axis(memory, shape)
    return (*shape[:axis], 1, *shape[axis + 1 :])


def lay_out(values: np.ndarray, memory: Memory, shape: tuple[int, ...]) -> np.ndarray:
    """A view of ``shape`` onto a buffer of its own that holds ``values`` as ``memory`` says."""
    if not shape or memory.kind == "contiguous":
        return np.ascontiguousarray(values).reshape(shape)
    return _LAYOUTS[memory.kind](values, memory, shape)


def _axis(memory: Memory, shape: tuple[int, ...]) -> int:
    return memory.axis % len(shape)


def _transposed(values: np.ndarray, memory: Memory, shape: tuple[int, ...]) -> np.ndarray:
    return np.ascontiguousarray(values.T).T


def _sliced(values: np.ndarray, memory: Memory, shape: tuple[int, ...]) -> np.ndarray:
    axis, step = _axis(memory, shape), max(2, memory.step)
    wide = (*shape[:axis], shape[axis] * step, *shape[axis + 1 :])
    buffer = np.zeros(wide, dtype=values.dtype)
    view = buffer[(slice(None),) * axis + (slice(None, None, step),)]
    view[...] = values
    return view


def _offset(values: np.ndarray, memory: Memory, shape: tuple[int, ...]) -> np.ndarray:
    buffer = np.zeros(values.size + 1, dtype=values.dtype)
    view = buffer[1:].reshape(shape)
    view[...] = values
    return view


def _reversed(values: np.ndarray, memory: Memory, shape: tuple[int, ...]) -> np.ndarray:
    return np.ascontiguousarray(np.flip(values, _axis(memory, shape)))[
        (slice(None),) * _axis(memory, shape) + (slice(None, None, -1),)
    ]


def _broadcast(values: np.ndarray, memory: Memory, shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(np.ascontiguousarray(values), shape)


def _channels_last(values: np.ndarray, memory: Memory, shape: tuple[int, ...]) -> np.ndarray:
    if len(shape) != 4:
        return np.ascontiguousarray(values)
    return np.ascontiguousarray(np.moveaxis(values, 1, 3)).transpose(0, 3, 1, 2)


_LAYOUTS = {
    "transposed": _transposed,
    "sliced": _sliced,
    "offset": _offset,
    "reversed": _reversed,
    "broadcast": _broadcast,
    "channels_last": _channels_last,
}
