"""Guard bytes around arrays, which show what a function reads or writes outside of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

GUARD = 256
"""Guard bytes before and after an array."""

ALIGNED = 64
"""Alignment of an array's start, before its intended misalignment: enough for every vector unit."""

POISON = 0xFF
"""The bytes of a NaN in every float format, and of -1 as an integer."""


class Guards:
    """Arrays in buffers of their own, and checks of the bytes around them."""

    def __init__(self) -> None:
        self._held: list[tuple[np.ndarray, np.ndarray]] = []

    def guarded(self, array: np.ndarray) -> np.ndarray:
        """The same values with the same strides, between guard bytes. Gaps between strided values are poisoned."""
        start = array.__array_interface__["data"][0]
        low, high = np.lib.array_utils.byte_bounds(array) if array.size else (start, start)
        buffer = np.full(high - low + 2 * GUARD + 2 * ALIGNED, POISON, np.uint8)
        at = GUARD + -(buffer.ctypes.data + GUARD) % ALIGNED + low % ALIGNED + start - low
        view = as_strided(buffer[at : at + array.itemsize].view(array.dtype), array.shape, array.strides)
        view[...] = array
        inside = np.zeros(buffer.size, bool)
        as_strided(inside[at:], (*array.shape, array.itemsize), (*array.strides, 1))[...] = True
        self._held.append((buffer, ~inside))
        return view

    def damage(self) -> str:
        """What was written outside the values since the last call, in words; empty if nothing."""
        held, self._held = self._held, []
        written = sum(int((buffer[outside] != POISON).sum()) for buffer, outside in held)
        return f"the call wrote {written} bytes beside its arrays" if written else ""


def poison_new_memory() -> None:
    """From now on, np.empty returns arrays full of a value that no answer has: NumPy reuses small blocks from a cache
    of its own."""
    for name in ("empty", "empty_like"):
        setattr(np, name, _poisoned(getattr(np, name)))


def _poisoned(make: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    @functools.wraps(make)
    def made(*given: Any, **more: Any) -> np.ndarray:
        array = make(*given, **more)
        if array.dtype.kind in "fciub":
            array.fill(
                np.nan if array.dtype.kind in "fc" else 1 if array.dtype.kind == "b" else np.iinfo(array.dtype).max
            )
        return array

    return made
