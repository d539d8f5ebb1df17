"""Copies and sums: one primitive with coefficients 0 and 1, in any order of summation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from opassay.adapters.oracle.bounded.formats import Formats, rounded, settled, sizes
from opassay.adapters.oracle.bounded.real import Real
from opassay.harness.model.dtypes import FORMATS

Map = Callable[[np.ndarray], np.ndarray]


def linear(x: Real, function: Map, transposed: Map, terms: np.ndarray | None = None) -> Real:
    """``function(x)``, each element of which adds up ``terms`` elements of ``x``."""
    counts = function(np.ones(x.shape)) if terms is None else terms
    with np.errstate(all="ignore"):
        value = function(x.value)
        if (np.asarray(counts) <= 1).all():
            mask = None if x.either_zero is None else function(x.either_zero)
            pull = lambda g, _: (linear(g, transposed, function),)  # noqa: E731
            return Real(value, (x,), lambda _, error: function(error), pull, either_zero=mask)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        size = sizes(np.where(np.isfinite(x.value), x.value, 0))
        return sum_error(formats, x.value, value, function(size), function(error), counts - 1)

    pull = lambda g, _: (linear(g, transposed, function),)  # noqa: E731
    return Real(value, (x,), local, pull, either_zero=np.broadcast_to(True, value.shape))


def sum_error(
    formats: Formats, terms: np.ndarray, value: np.ndarray, size: np.ndarray, error: np.ndarray, additions: np.ndarray
) -> np.ndarray:
    """The error of sums of terms of total ``size``: 0 where every partial sum is a number of the format.

    ``size``: of the finite terms. A partial sum that overflows and then meets an infinity may give NaN.
    """
    form = FORMATS[formats.compute]
    unit = form.unit_roundoff + float(np.finfo(value.dtype).eps)
    whole = size + error
    counted = np.maximum(additions, 0) * unit
    new = error + np.where(counted < 1, counted / np.where(counted < 1, 1 - counted, 1), np.inf) * whole
    if formats.flushes(formats.compute):
        new = new + np.where(whole > 0, (additions + 1) * form.smallest_normal, 0)
    if not error.any():
        precision = min(form.precision, FORMATS[formats.kept].precision)
        # The sum of the terms of one sign bounds every partial sum.
        largest = np.where(np.isfinite(value), (size + sizes(value)) / 2, size)
        new = np.where(largest <= lowest_bit(terms) * 2.0**precision, 0, new)
    beyond = whole + new > form.largest
    new = np.where(beyond, np.inf, np.where(whole == 0, 0, new))
    new = settled(value, new, np.where(beyond & np.isinf(value), np.inf, error))
    return new if formats.kept == formats.compute else rounded(formats, formats.kept, value, new, exact=True)


def lowest_bit(values: np.ndarray) -> float:
    """The largest power of two that divides every finite value; 0 where there is none."""
    some = np.abs(np.asarray(values, dtype=np.float64)).ravel()
    some = some[(some > 0) & np.isfinite(some)]
    if not some.size:
        return 0.0
    mantissa, exponent = np.frexp(some)
    digits = np.ldexp(mantissa, 53).astype(np.int64)
    trailing = np.frexp((digits & -digits).astype(np.float64))[1] - 1
    return float(np.ldexp(1.0, int((trailing + exponent - 53).min())))


def fit(x: Real, shape: tuple[int, ...]) -> Real:
    """The sum of ``x`` over the axes along which an operand of ``shape`` was broadcast."""
    if x.shape == shape:
        return x
    full, padded = x.shape, (1,) * (len(x.shape) - len(shape)) + shape
    axes = tuple(i for i, n in enumerate(padded) if n == 1 and full[i] != 1)
    terms = np.asarray(float(math.prod(full[i] for i in axes)))
    return linear(
        x,
        lambda a: a.sum(axis=axes, keepdims=True).reshape(shape),
        lambda a: np.broadcast_to(a.reshape(padded), full),
        terms,
    )


def spread(x: Real, shape: tuple[int, ...]) -> Real:
    """``x``, broadcast to ``shape``."""
    return x if x.shape == shape else linear(x, lambda a: np.broadcast_to(a, shape), _summed(x.shape), np.ones(()))


def transposed(x: Real, order: Sequence[int]) -> Real:
    """``x`` with its axes in another order."""
    back = tuple(int(axis) for axis in np.argsort(order))
    return linear(x, lambda a: a.transpose(order), lambda a: a.transpose(back), np.ones(()))


def picked(x: Real, places: np.ndarray) -> Real:
    """Elements of the last axis by index; indices may repeat."""
    shape = x.shape

    def put(g: np.ndarray) -> np.ndarray:
        whole = np.zeros(shape, g.dtype)
        np.add.at(whole.reshape(-1, shape[-1]).T, places, g.reshape(-1, len(places)).T)
        return whole

    return linear(x, lambda a: a[..., places], put, np.ones(()))


def taken(x: Real, places: np.ndarray, axis: int, passed_over: np.ndarray) -> Real:
    """The element at each index along ``axis``; 0 where it is skipped."""
    index = np.expand_dims(np.where(passed_over, 0, places), axis)
    shape = x.shape

    def take(a: np.ndarray) -> np.ndarray:
        found = np.take_along_axis(a, index, axis).squeeze(axis)
        return np.where(passed_over, np.zeros((), a.dtype), found)

    def put(g: np.ndarray) -> np.ndarray:
        whole = np.zeros(shape, g.dtype)
        np.put_along_axis(whole, index, np.expand_dims(np.where(passed_over, 0, g), axis), axis)
        return whole

    return linear(x, take, put, np.ones(()))


def _summed(shape: tuple[int, ...]) -> Map:
    def summed(a: np.ndarray) -> np.ndarray:
        axes = tuple(range(a.ndim - len(shape)))
        once = a.sum(axis=axes)
        return np.asarray(once.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape))

    return summed


def reshaped(x: Real, shape: tuple[int, ...]) -> Real:
    """``x`` in another shape, in the same order."""
    given = x.shape
    return x if given == shape else linear(x, lambda a: a.reshape(shape), lambda a: a.reshape(given), np.ones(()))
