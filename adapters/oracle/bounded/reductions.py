"""Sums, means, norms and selections over axes: in any order of summation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.axes import Axes, added, counted, extent, kept_shape, over_again, unknown_of
from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.elementary import square
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.function import stepped
from opassay.adapters.oracle.bounded.monomial import monomial
from opassay.adapters.oracle.bounded.real import Real, constant, left_open, saved
from opassay.adapters.oracle.bounded.selection import absolute, shared, within
from opassay.adapters.oracle.bounded.sums import linear


def reduce_sum(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The sum over ``axes``; of integers modulo 2**bits. That of nothing is 0."""
    over, shape = counted(axes, len(x.shape)), x.shape
    if not x.is_float:
        total = added(x.value, over, keepdims)
        return Real(total, (x,), lambda _, error: unknown_of(error, over, keepdims))
    wide = kept_shape(shape, over)
    return linear(
        x,
        lambda a: added(a, over, keepdims),
        lambda a: np.broadcast_to(a.reshape(wide), shape),
        np.asarray(float(extent(shape, over))),
    )


def reduce_mean(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The mean over ``axes``: a sum, and a division or a product. That of nothing is NaN."""
    return reduce_sum(x, axes, keepdims) / float(extent(x.shape, counted(axes, len(x.shape))))


def norm_l1(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The sum of sizes."""
    return reduce_sum(absolute(x), axes, keepdims)


def sum_square(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The sum of squares."""
    return reduce_sum(square(x), axes, keepdims)


def norm_l2(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The root of the sum of squares."""
    return root(sum_square(x, axes, keepdims))


def root(x: Real) -> Real:
    """The root of what is not negative, however it errs. There is no gradient at 0."""
    y = quietly(np.sqrt, x.value)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        low, high = np.sqrt(np.maximum(x.value - error, 0)), np.sqrt(x.value + error)
        return stepped(formats, "sqrt", (x.value,), y, np.where(error > 0, within(low, y, high, error), 0.0))

    def pull(g: Real, this: Real) -> tuple[Real]:
        slope = monomial((g, 1), (constant(2, x), -1), (saved(this), -1))
        return (left_open(slope, (y == 0) | np.isnan(y)),)

    return Real(y, (x,), local, pull, span=(0, np.inf))


def reduce_max(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The largest; NaN if any is. Of zeros, either; among equals, any share of the gradient goes to each.

    Of nothing, the smallest value that there is.
    """
    best = partial(np.max, initial=_end(x, -1))
    return _extreme(best, x, counted(axes, len(x.shape)), keepdims, 1)


def reduce_min(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The smallest, as ``reduce_max``."""
    best = partial(np.min, initial=_end(x, 1))
    return _extreme(best, x, counted(axes, len(x.shape)), keepdims, -1)


def _end(x: Real, sign: int) -> Any:
    """The largest value of the dtype, or the smallest of a negative ``sign``."""
    if x.is_float or x.value.dtype == bool:
        return sign * np.inf if x.is_float else sign > 0
    info = np.iinfo(x.value.dtype)
    return info.max if sign > 0 else info.min


Best = Callable[..., np.ndarray]


def _extreme(best: Best, x: Real, over: tuple[int, ...], keepdims: bool, sign: int) -> Real:
    value = np.asarray(best(x.value, axis=over, keepdims=keepdims))
    if not x.is_float:
        return Real(value, (x,), lambda _, error: unknown_of(error, over, keepdims))

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        if not error.any():
            return np.zeros(())
        low, high = (best(end, axis=over, keepdims=keepdims) for end in (x.value - error, x.value + error))
        return within(low, value, high, error.max(axis=over, keepdims=keepdims))

    def pull(g: Real, _: Real) -> tuple[Real]:
        return (shared(over_again(g, x.shape, over), _share(best, saved(x), over, sign)),)

    return Real(value, (x,), local, pull, either_zero=_zeros_met(x, value, over, keepdims))


def _zeros_met(x: Real, value: np.ndarray, over: tuple[int, ...], keepdims: bool) -> np.ndarray | None:
    """Where zeros of both signs meet, or one that may have either."""
    if not (value == 0).any():
        return None
    zero, minus = x.value == 0, np.signbit(x.value)
    either = False if x.either_zero is None else x.either_zero
    ways = [(zero & each).any(axis=over, keepdims=keepdims) for each in (minus | either, ~minus | either)]
    return np.asarray(ways[0] & ways[1])


def _candidates(best: Best, x: np.ndarray, error: np.ndarray, over: tuple[int, ...], sign: int) -> np.ndarray:
    """Which elements a target may take for the largest, or the smallest of a negative ``sign``."""
    worst = best(x - sign * error, axis=over, keepdims=True)
    return np.asarray(sign * (x + sign * error) >= sign * worst)


def _share(best: Best, x: Real, over: tuple[int, ...], sign: int) -> Real:
    """The share of each element in the gradient: anything in [0, 1] where several may be the largest."""
    top = x.value == best(x.value, axis=over, keepdims=True)
    value = quietly(np.divide, top.astype(x.value.dtype), top.sum(axis=over, keepdims=True))
    nowhere = np.isnan(x.value).any(axis=over, keepdims=True)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        may = _candidates(best, x.value, error, over, sign)
        several = may.sum(axis=over, keepdims=True) > 1
        return np.where(nowhere, np.inf, np.where(may & several, np.maximum(value, 1 - value), 0.0))

    return Real(value, (x,), local)


def argmax(x: Real, axis: int, keepdims: bool = False) -> Real:
    """Where the largest is, the first of several; NaN is larger than all."""
    return _position(np.argmax, np.max, x, axis, keepdims, 1)


def argmin(x: Real, axis: int, keepdims: bool = False) -> Real:
    """Where the smallest is, the first of several; NaN is smaller than all."""
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


def reduce_any(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """Whether any holds; of nothing, none does."""
    return _truth(np.any, x, counted(axes, len(x.shape)), keepdims)


def reduce_all(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """Whether all hold; of nothing, all do."""
    return _truth(np.all, x, counted(axes, len(x.shape)), keepdims)


def _truth(function: Best, x: Real, over: tuple[int, ...], keepdims: bool) -> Real:
    value = function(x.value, axis=over, keepdims=keepdims)
    return Real(value, (x,), lambda _, error: (error > 0).any(axis=over, keepdims=keepdims).astype(np.float64))
