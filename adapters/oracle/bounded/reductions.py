"""Sums, means, norms and logical reductions over axes: in any order of summation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.bounded.axes import (
    Axes,
    added,
    counted,
    extent,
    kept_shape,
    unknown_of,
)
from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.elementary import square
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.function import stepped
from opassay.adapters.oracle.bounded.monomial import monomial
from opassay.adapters.oracle.bounded.real import Real, constant, left_open, saved, unsigned
from opassay.adapters.oracle.bounded.selection import absolute, within
from opassay.adapters.oracle.bounded.sums import linear


def reduce_sum(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The sum over ``axes``; integers modulo 2**bits. The empty sum is 0; that of one -0 alone, either zero."""
    over, shape = counted(axes, len(x.shape)), x.shape
    if not x.is_float:
        total = added(x.value, over, keepdims)
        return Real(total, (x,), lambda _, error: unknown_of(error, over, keepdims))
    wide, count = kept_shape(shape, over), extent(shape, over)
    whole = linear(
        x,
        lambda a: added(a, over, keepdims),
        lambda a: np.broadcast_to(a.reshape(wide), shape),
        np.asarray(float(count)),
    )
    # A kernel that starts at 0 adds it to the one element.
    return whole if count > 1 else unsigned(whole)


def reduce_mean(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The mean over ``axes``: a sum, and a division or a product. The mean of nothing is NaN."""
    return reduce_sum(x, axes, keepdims) / float(extent(x.shape, counted(axes, len(x.shape))))


def norm_l1(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The sum of absolute values."""
    return reduce_sum(absolute(x), axes, keepdims)


def sum_square(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The sum of squares."""
    return reduce_sum(square(x), axes, keepdims)


def norm_l2(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """The root of the sum of squares."""
    return root(sum_square(x, axes, keepdims))


def root(x: Real) -> Real:
    """The root of a value that is not negative, whatever its error. It has no gradient at 0."""
    y = quietly(np.sqrt, x.value)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        low, high = np.sqrt(np.maximum(x.value - error, 0)), np.sqrt(x.value + error)
        return stepped(formats, "sqrt", (x.value,), y, np.where(error > 0, within(low, y, high, error), 0.0))

    def pull(g: Real, this: Real) -> tuple[Real]:
        slope = monomial((g, 1), (constant(2, x), -1), (saved(this), -1))
        return (left_open(slope, (y == 0) | np.isnan(y)),)

    return Real(y, (x,), local, pull, span=(0, np.inf))


def reduce_any(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """Whether any is true; false over no elements."""
    return _truth(np.any, x, counted(axes, len(x.shape)), keepdims)


def reduce_all(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """Whether all are true; true over no elements."""
    return _truth(np.all, x, counted(axes, len(x.shape)), keepdims)


def _truth(function: Callable[..., np.ndarray], x: Real, over: tuple[int, ...], keepdims: bool) -> Real:
    value = function(x.value, axis=over, keepdims=keepdims)
    return Real(value, (x,), lambda _, error: (error > 0).any(axis=over, keepdims=keepdims).astype(np.float64))


def count_nonzero(x: Real, axes: Axes, keepdims: bool = False) -> Real:
    """How many elements are not 0; NaN is not. Open where one may be flushed to 0."""
    over = counted(axes, len(x.shape))
    value = np.asarray((x.value != 0).sum(axis=over, keepdims=keepdims, dtype=np.int64))

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        unsure = (error > 0) & (np.abs(x.value) <= error)
        return np.where(unsure.any(axis=over, keepdims=keepdims), np.inf, 0.0)

    return Real(value, (x,), local)
