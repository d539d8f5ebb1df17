"""Averages over bins: an image is divided into as many bins as the answer has elements; neighbours may overlap.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html; the start and end of bins as in
``start_index`` and ``end_index`` of ATen's AdaptivePooling.h.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from opassay.adapters.oracle.geometry import Extents

Reduce = Callable[..., np.ndarray]


def edges(extent: int, size: int) -> list[tuple[int, int]]:
    """Bin i of ``size`` begins at ⌊i · extent / size⌋ and ends before ⌈(i + 1) · extent / size⌉."""
    return [(i * extent // size, -(-(i + 1) * extent // size)) for i in range(size)]


@dataclass(frozen=True)
class Bins:
    """The bins of images of ``extents``, ``outputs`` of them along each axis: a ``Reach``."""

    extents: Extents
    outputs: Extents

    @property
    def axes(self) -> int:
        return len(self.extents)

    def real_taps(self) -> np.ndarray:
        """The number of elements of each bin."""
        lengths = [np.array([end - start for start, end in line]) for line in self._lines()]
        return np.asarray(reduce(np.multiply.outer, lengths))

    def gathered(self, x: np.ndarray) -> np.ndarray:
        """The sum over each bin of images whose channels are last."""
        for axis, line in enumerate(self._lines(), -self.axes - 1):
            x = np.stack([_cut(x, axis, *ends).sum(axis=axis) for ends in line], axis=axis)
        return x

    def spread(self, dy: np.ndarray) -> np.ndarray:
        """The transpose of ``gathered``."""
        return self._back(dy, np.add, 0.0)

    def least(self, units: np.ndarray) -> np.ndarray:
        """For each element, the smallest of the ``units`` of its bins, at most 1."""
        return self._back(units, np.minimum, 1.0)

    def _back(self, values: np.ndarray, joined: Reduce, first: float) -> np.ndarray:
        for axis, (extent, line) in enumerate(zip(self.extents, self._lines(), strict=True), -self.axes - 1):
            shape = list(values.shape)
            shape[axis] = extent
            found = np.full(shape, first, values.dtype)
            for place, ends in enumerate(line):
                part = _cut(found, axis, *ends)
                part[...] = joined(part, _cut(values, axis, place, place + 1))
            values = found
        return values

    def _lines(self) -> list[list[tuple[int, int]]]:
        return [edges(extent, size) for extent, size in zip(self.extents, self.outputs, strict=True)]


def _cut(x: np.ndarray, axis: int, start: int, end: int) -> np.ndarray:
    """A view of the elements from ``start`` to ``end`` along ``axis``, which is negative."""
    here: tuple[Any, ...] = (..., slice(start, end), *(slice(None),) * (-axis - 1))
    found: np.ndarray = x[here]
    return found
