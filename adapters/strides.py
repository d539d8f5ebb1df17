"""Memory layout of arrays, for adapters that pass it on to the framework."""

from __future__ import annotations

import math

import numpy as np

from opassay.harness.model.dtypes import BFLOAT16

ALIGNMENT = 16
"""NumPy's own allocations are aligned to this; another start is intended (memory kind ``offset``)."""


def permuted(array: np.ndarray) -> bool:
    """Whether a gapless buffer holds the axes in another order than row-major."""
    if array.size == 0 or array.flags.c_contiguous or array.dtype == BFLOAT16:
        return False
    steps = sorted((step, extent) for step, extent in zip(array.strides, array.shape, strict=True) if extent > 1)
    inner = [extent for _, extent in steps]
    return all(step == array.itemsize * math.prod(inner[:i]) for i, (step, _) in enumerate(steps))


def copied(array: np.ndarray) -> np.ndarray:
    """A copy in memory of its own with the same strides and misalignment."""
    if array.size == 0 or (array.flags.c_contiguous and _address(array) % ALIGNMENT == 0):
        return array.copy()
    reach = [(extent - 1) * step for extent, step in zip(array.shape, array.strides, strict=True)]
    before, after = -sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach)
    memory = np.zeros(before + after + array.itemsize + ALIGNMENT, np.uint8)
    lead = _address(array) - before - _address(memory)
    copy = np.ndarray(array.shape, array.dtype, memory, lead % ALIGNMENT + before, array.strides)
    copy[...] = array
    return copy


def aligned(array: np.ndarray, boundary: int) -> np.ndarray:
    """A copy of a gapless array, with the same axis order, aligned to ``boundary`` bytes."""
    memory = np.empty(array.nbytes + boundary, np.uint8)
    copy = np.ndarray(array.shape, array.dtype, memory, -_address(memory) % boundary, array.strides)
    copy[...] = array
    return copy


def _address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])
