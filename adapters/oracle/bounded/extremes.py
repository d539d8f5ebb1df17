"""Maxima and minima over axes, and their indices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.axes import (
    Axes,
    counted,
    gamma,
    over_again,
    units,
    unknown_of,
)
from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.formats import Formats, kept, representable
from opassay.adapters.oracle.bounded.profiles import ulps_of
from opassay.adapters.oracle.bounded.real import Real, saved
from opassay.adapters.oracle.bounded.selection import shared, within
from opassay.harness.model.dtypes import FORMATS

Best = Callable[..., np.ndarray]
Mask = np.ndarray | bool


def reduce_max(x: Real, axes: Axes, keepdims: bool = False, there: Mask = True) -> Real:
    """The maximum; NaN if any element is. Either zero of several; equal elements share the gradient evenly.

    Over no elements, the lowest value of the dtype. Elements outside ``there`` have that value, and get no gradient.
    """
    best = partial(np.max, initial=lowest(x))
    return _extreme(best, x, counted(axes, len(x.shape)), keepdims, 1, there)


def reduce_min(x: Real, axes: Axes, keepdims: bool = False, there: Mask = True) -> Real:
    """The smallest, as ``reduce_max``."""
    best = partial(np.min, initial=_end(x, 1))
    return _extreme(best, x, counted(axes, len(x.shape)), keepdims, -1, there)


def lowest(x: Real) -> Any:
    """The lowest value of the dtype: the maximum of nothing."""
    return _end(x, -1)


def _end(x: Real, sign: int) -> Any:
    """The largest value of the dtype, or the lowest for a negative ``sign``."""
    if x.is_float or x.value.dtype == bool:
        return sign * np.inf if x.is_float else sign > 0
    info = np.iinfo(x.value.dtype)
    return info.max if sign > 0 else info.min


def _extreme(best: Best, x: Real, over: tuple[int, ...], keepdims: bool, sign: int, there: Mask) -> Real:
    value = np.asarray(best(x.value, axis=over, keepdims=keepdims))
    if not x.is_float:
        return Real(value, (x,), lambda _, error: unknown_of(error, over, keepdims))

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        if not error.any():
            return np.zeros(())
        low, high = (best(end, axis=over, keepdims=keepdims) for end in (x.value - error, x.value + error))
        return within(low, value, high, error.max(axis=over, keepdims=keepdims))

    def pull(g: Real, _: Real) -> tuple[Real]:
        return (shared(over_again(g, x.shape, over), _share(best, saved(x), over, sign, there)),)

    return Real(value, (x,), local, pull, either_zero=_zeros_met(x, value, over, keepdims))


def _zeros_met(x: Real, value: np.ndarray, over: tuple[int, ...], keepdims: bool) -> np.ndarray | None:
    """Where zeros of both signs meet, or a zero of unknown sign."""
    if not (value == 0).any():
        return None
    zero, minus = x.value == 0, np.signbit(x.value)
    either = False if x.either_zero is None else x.either_zero
    ways = [(zero & each).any(axis=over, keepdims=keepdims) for each in (minus | either, ~minus | either)]
    return np.asarray(ways[0] & ways[1])


def _candidates(best: Best, x: np.ndarray, error: np.ndarray, over: tuple[int, ...], sign: int) -> np.ndarray:
    """Elements that may be the maximum, or the minimum for a negative ``sign``."""
    worst = best(x - sign * error, axis=over, keepdims=True)
    return np.asarray(sign * (x + sign * error) >= sign * worst)


def _share(best: Best, x: Real, over: tuple[int, ...], sign: int, there: Mask) -> Real:
    """The share of each element in the gradient; anything in [0, 1] where it is not known which elements are equal."""
    top = (x.value == best(x.value, axis=over, keepdims=True)) & there
    value = quietly(np.divide, top.astype(x.value.dtype), top.sum(axis=over, keepdims=True))
    nowhere = np.isnan(x.value).any(axis=over, keepdims=True)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        off = value * _count_error(formats, top.sum(axis=over, keepdims=True).astype(x.value.dtype))
        even = kept(formats, value, off.astype(np.float64), ulps_of("div", formats.functions), exact=True)
        if error.any():
            may = _candidates(best, x.value, error, over, sign) & there
            unsure = may & (may != top).any(axis=over, keepdims=True)
            even = np.where(unsure, np.maximum(value, 1 - value), even)
        return np.where(nowhere, np.inf, np.where(value == 0, np.where(even < 1, 0, even), even))

    return Real(value, (x,), local)


def _count_error(formats: Formats, count: np.ndarray) -> np.ndarray:
    """The relative error of the number of equal elements, in formats that cannot hold it."""
    summed, each = units(formats)
    rounding = np.where(representable(count, formats.kept), 0.0, each)
    long = count > 2.0 ** FORMATS[formats.compute].precision
    error = rounding + np.where(long, gamma(count, summed), 0.0)
    return np.where(error < 1, error / np.where(error < 1, 1 - error, 1), np.inf)


def argmax(x: Real, axis: int, keepdims: bool = False) -> Real:
    """The index of the maximum, the first of several; NaN is larger than all."""
    return _position(np.argmax, np.max, x, axis, keepdims, 1)


def argmin(x: Real, axis: int, keepdims: bool = False) -> Real:
    """The index of the minimum, the first of several; NaN is smaller than all."""
    return _position(np.argmin, np.min, x, axis, keepdims, -1)


def _position(where: Best, best: Best, x: Real, axis: int, keepdims: bool, sign: int) -> Real:
    value = np.asarray(where(x.value, axis=axis, keepdims=keepdims)).astype(np.int64)
    over = counted(axis, len(x.shape))

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        if not error.any():
            return np.zeros(())
        may = _candidates(best, x.value, error, over, sign) & (error > 0)
        return np.where(may.any(axis=over, keepdims=keepdims), np.inf, 0.0)

    return Real(value, (x,), local)
