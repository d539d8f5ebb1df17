"""What reductions and scans share: which axes they run over, and how a result is laid over its operand again."""

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
    """The axes, counted from the first."""
    several = (axes,) if isinstance(axes, int) else tuple(axes)
    return tuple(axis % rank for axis in several)


def extent(shape: Sequence[int], axes: Sequence[int]) -> int:
    """How many elements each result is made of."""
    return math.prod(shape[axis] for axis in axes)


def kept_shape(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """The shape of a result that keeps the axes it ran over."""
    return tuple(1 if axis in axes else n for axis, n in enumerate(shape))


def over_again(g: Real, shape: tuple[int, ...], axes: tuple[int, ...]) -> Real:
    """What belongs to a result, repeated for every element that it was made of."""
    wide, given = kept_shape(shape, axes), g.shape
    return linear(
        g,
        lambda a: np.broadcast_to(a.reshape(wide), shape),
        lambda a: added(a, axes, True).reshape(given),
        np.ones(()),
    )


def added(a: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """Sums in the dtype that the array has; of truth values, whether any holds."""
    if a.dtype == bool:
        return np.asarray(a.any(axis=axes, keepdims=keepdims))
    return np.asarray(a.sum(axis=axes, keepdims=keepdims, dtype=a.dtype))


def unknown_of(error: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """Infinite where a result is made of something that is not known exactly."""
    return np.where((error > 0).any(axis=axes, keepdims=keepdims), np.inf, 0.0)


def units(formats: Formats) -> tuple[float, float]:
    """The unit roundoffs of a partial result, and of a result that is kept, which may be rounded a second time."""
    compute = FORMATS[formats.compute].unit_roundoff * (1 + 2.0**-12)
    return compute, compute if formats.kept == formats.compute else compute + FORMATS[formats.kept].unit_roundoff


def lost(formats: Formats) -> float:
    """What a result that is kept may lose where it underflows."""
    form = FORMATS[formats.kept]
    return form.smallest_normal if formats.flushes(formats.kept) else form.smallest_subnormal


def gamma(roundings: np.ndarray | float, unit: float) -> np.ndarray:
    """Higham's gamma: what so many roundings of one unit make together; infinite where they may make anything."""
    whole = np.asarray(roundings, dtype=np.float64) * unit
    return np.where(whole < 1, whole / np.where(whole < 1, 1 - whole, 1), np.inf)
