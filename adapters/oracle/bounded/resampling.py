"""Resizing the axes of an image: each output is a weighted sum of inputs, axis by axis or over all axes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from opassay.adapters.oracle.bounded.answers import reference_of
from opassay.adapters.oracle.bounded.arranged import arranged
from opassay.adapters.oracle.bounded.axes import gamma, units
from opassay.adapters.oracle.bounded.formats import Formats, rounded, settled, sizes
from opassay.adapters.oracle.bounded.real import Real
from opassay.adapters.oracle.bounded.sums import sum_error
from opassay.adapters.oracle.taps import Taps
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.reference import Reference

Along = Callable[[np.ndarray, Taps, np.ndarray, int], np.ndarray]
"""(array, taps, their coefficients, axis) -> the array resized along the axis, or back."""

LERP = 2
"""Roundings of a + (b - a)·t beyond those of (1 - t)·a + t·b."""


def forth(a: np.ndarray, taps: Taps, coefficients: np.ndarray, axis: int) -> np.ndarray:
    """Weighted sums of elements along an axis."""
    found = np.zeros((*a.shape[:axis], taps.wanted, *a.shape[axis + 1 :]), a.dtype)
    along = (slice(None),) + (None,) * (a.ndim - axis - 1)
    for places, each in zip(taps.places.T, coefficients.T, strict=True):
        # Elements of weight 0 are skipped: they may be NaN or infinite.
        if each.any():
            found += np.where(each[along] != 0, np.take(a, places, axis) * each[along], 0)
    return found


def back(g: np.ndarray, taps: Taps, coefficients: np.ndarray, axis: int) -> np.ndarray:
    """The transpose of ``forth``."""
    moved = np.moveaxis(g, axis, 0)
    found = np.zeros((taps.given, *moved.shape[1:]), g.dtype)
    for places, each in zip(taps.places.T, coefficients.T, strict=True):
        some = np.flatnonzero(each)
        np.add.at(found, places[some], moved[some] * each[some].reshape(-1, *(1,) * (moved.ndim - 1)))
    return np.moveaxis(found, 0, axis)


def resized(x: Real, taps: Sequence[Taps], along: Along = forth) -> Real:
    """``x`` with its last axes resized, one ``Taps`` each; or the transpose of that."""
    first = len(x.shape) - len(taps)

    def through(a: np.ndarray, coefficients: Sequence[np.ndarray]) -> np.ndarray:
        for axis, (each, numbers) in enumerate(zip(taps, coefficients, strict=True), first):
            a = along(a, each, numbers, axis)
        return a

    weights, exact = [t.weights for t in taps], all(t.exact for t in taps)
    size, off = [np.abs(w) for w in weights], [t.error for t in taps]
    most = [a + b for a, b in zip(size, off, strict=True)]
    reached = [(m > 0).astype(np.float64) for m in most]
    with np.errstate(all="ignore"):
        value = through(x.value, weights)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        known = sizes(np.where(np.isfinite(x.value), x.value, 0))
        moved = np.maximum(through(known, most) - through(known, size), 0)
        counts = through(np.ones(x.shape), reached)
        if exact:
            counts = through(np.ones(x.shape), size)
            summed = sum_error(formats, x.value, value, through(known, size), through(error, most), counts - 1)
            return np.asarray(moved + summed)
        return _weighed(formats, value, moved + through(error, most), through(known, reached), counts, len(taps))

    pull = lambda g, _: (resized(g, taps, back if along is forth else forth),)  # noqa: E731
    return Real(value, (x,), local, pull, either_zero=None if exact else np.broadcast_to(True, value.shape))


def _weighed(
    formats: Formats, value: np.ndarray, new: np.ndarray, size: np.ndarray, counts: np.ndarray, axes: int
) -> np.ndarray:
    """The error of sums of so many products whose weights have the errors ``new``.

    ``size``: of all elements used: linear interpolation may multiply the difference of two neighbours. A weight is
    rounded to the format kept, and so is the result of an axis.
    """
    unit, own = units(formats)
    roundings = gamma(counts + (LERP + 1) * axes, unit + float(np.finfo(value.dtype).eps))
    between = gamma(2 * axes, own) if formats.kept != formats.compute else 0.0
    whole = new + (roundings + between) * (size + new)
    if formats.flushes(formats.compute):
        whole = whole + np.where(size > 0, counts * FORMATS[formats.compute].smallest_normal, 0)
    whole = np.where(size + whole > FORMATS[formats.compute].largest, np.inf, whole)
    whole = settled(value, whole, new)
    return whole if formats.kept == formats.compute else rounded(formats, formats.kept, value, whole)


def nearest(x: Real, taps: Sequence[Taps]) -> Real:
    """``x`` at the nearest places; any place that is nearest to a coordinate within its error will do."""
    first = len(x.shape) - len(taps)
    ways = list(product(*(t.places.T[: 1 + t.error.any()] for t in taps)))

    def picked(a: np.ndarray, places: Sequence[np.ndarray]) -> np.ndarray:
        for axis, each in enumerate(places, first):
            a = np.take(a, each, axis)
        return a

    sure = arranged((x,), lambda a: picked(a, ways[0]))
    others = tuple(picked(x.value, way) for way in ways[1:])

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        off = [np.abs(other - sure.value).astype(np.float64) for other in others]
        return np.asarray(np.maximum.reduce([*off, *(picked(error, way) for way in ways)]))

    def told(name: str, dtype: str) -> Reference:
        return replace(reference_of(name, dtype, sure), others=others)

    pull = lambda g, _: (resized(g, taps, back),)  # noqa: E731
    return Real(sure.value, (x,), local, pull, either_zero=sure.either_zero, told=told)
