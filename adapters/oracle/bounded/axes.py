"""What reductions and scans share: the axes they run over, and broadcasting a result over its operand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.real import Real
from opassay.adapters.oracle.bounded.sums import linear
from opassay.harness.model.dtypes import FORMATS

Axes = int | Sequence[int]


def counted(axes: Axes, rank: int) -> tuple[int, ...]:
    """The axes as non-negative numbers."""
    several = (axes,) if isinstance(axes, int) else tuple(axes)
    return tuple(axis % rank for axis in several)


def extent(shape: Sequence[int], axes: Sequence[int]) -> int:
    """The number of elements per result."""
    return math.prod(shape[axis] for axis in axes)


def kept_shape(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """The shape of a result with the reduced axes kept, as 1."""
    return tuple(1 if axis in axes else n for axis, n in enumerate(shape))


def over_again(g: Real, shape: tuple[int, ...], axes: tuple[int, ...]) -> Real:
    """A result, repeated for every element it was computed from."""
    wide, given = kept_shape(shape, axes), g.shape
    return linear(
        g,
        lambda a: np.broadcast_to(a.reshape(wide), shape),
        lambda a: added(a, axes, True).reshape(given),
        np.ones(()),
    )


def added(a: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """Sums in the dtype of the array; for bool, whether any is true."""
    if a.dtype == bool:
        return np.asarray(a.any(axis=axes, keepdims=keepdims))
    return np.asarray(a.sum(axis=axes, keepdims=keepdims, dtype=a.dtype))


def unknown_of(error: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """Infinite where a result depends on an element that is not exact."""
    return np.where((error > 0).any(axis=axes, keepdims=keepdims), np.inf, 0.0)


def units(formats: Formats) -> tuple[float, float]:
    """The unit roundoffs of a partial result, and of a stored result, which may be rounded a second time."""
    compute = FORMATS[formats.compute].unit_roundoff * (1 + 2.0**-12)
    return compute, compute if formats.kept == formats.compute else compute + FORMATS[formats.kept].unit_roundoff


def lost(formats: Formats) -> float:
    """The underflow error of a stored result."""
    form = FORMATS[formats.kept]
    return form.smallest_normal if formats.flushes(formats.kept) else form.smallest_subnormal


def gamma(roundings: np.ndarray | float, unit: float) -> np.ndarray:
    """Higham's gamma: the relative error of so many roundings of one unit; infinite where it has no bound."""
    whole = np.asarray(roundings, dtype=np.float64) * unit
    return np.where(whole < 1, whole / np.where(whole < 1, 1 - whole, 1), np.inf)
