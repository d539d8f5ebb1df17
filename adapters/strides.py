"""How an array lies in memory, for adapters that hand it on as it lies."""

from __future__ import annotations

import math

import numpy as np

from harness.model.dtypes import BFLOAT16

ALIGNMENT = 16
"""NumPy's own allocations start at multiples of this; another start is meant (memory kind ``offset``)."""


def permuted(array: np.ndarray) -> bool:
    """Whether a buffer without gaps holds the axes in another order than row-major."""
    if array.size == 0 or array.flags.c_contiguous or array.dtype == BFLOAT16:
        return False
    steps = sorted((step, extent) for step, extent in zip(array.strides, array.shape, strict=True) if extent > 1)
    inner = [extent for _, extent in steps]
    return all(step == array.itemsize * math.prod(inner[:i]) for i, (step, _) in enumerate(steps))
