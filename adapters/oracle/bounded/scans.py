"""Cumulative sums and products, and the product over an axis: in any order, which covers parallel scans."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.bounded.axes import counted, gamma, lost, over_again, units
from opassay.adapters.oracle.bounded.formats import Formats, settled, sizes
from opassay.adapters.oracle.bounded.forms import either
from opassay.adapters.oracle.bounded.function import over
from opassay.adapters.oracle.bounded.monomial import monomial
from opassay.adapters.oracle.bounded.real import Real, left_open, saved
from opassay.adapters.oracle.bounded.selection import where
from opassay.adapters.oracle.bounded.sums import linear
from opassay.harness.model.dtypes import FORMATS

Scan = Callable[[np.ndarray], np.ndarray]


def running(function: Callable[..., np.ndarray], axis: int, exclusive: bool, reverse: bool, start: float) -> Scan:
    """``function``, such as ``np.cumsum``, from either end, inclusive or exclusive, in the array's own dtype."""

    def scan(a: np.ndarray) -> np.ndarray:
        turned = np.flip(a, axis) if reverse else a
        found = function(turned, axis=axis, dtype=a.dtype)
        if exclusive:
            found = _moved_on(found, axis, start)
        return np.flip(found, axis) if reverse else found

    return scan


def _moved_on(a: np.ndarray, axis: int, start: float) -> np.ndarray:
    """Every element shifted by one place, with ``start`` first."""
    if not a.shape[axis]:
        return a
    moved = np.full_like(a, start)
    along = np.moveaxis(moved, axis, 0)
    along[1:] = np.moveaxis(a, axis, 0)[:-1]
    return moved


def cumsum(x: Real, axis: int, exclusive: bool = False, reverse: bool = False) -> Real:
    """Sums of the elements up to each along ``axis``, without it if ``exclusive``, from the end if ``reverse``."""
    forth, back = (running(np.cumsum, axis, exclusive, turned, 0) for turned in (reverse, not reverse))
    if x.is_float:
        return linear(x, forth, back)
    return Real(forth(x.value), (x,), lambda _, error: np.where(forth(error) > 0, np.inf, 0.0))


def cumprod(x: Real, axis: int, exclusive: bool = False, reverse: bool = False) -> Real:
    """Products of the elements up to each along ``axis``, with the attributes of ``cumsum``."""
    scan = running(np.multiply.accumulate, axis, exclusive, reverse, 1)
    counts = running(np.add.accumulate, axis, exclusive, reverse, 0)(np.ones(x.shape))
    return _products(x, scan, counts, lambda g, y: _running_pull(g, x, y, axis, exclusive, reverse))


def reduce_prod(x: Real, axis: int, keepdims: bool = False) -> Real:
    """The product over ``axis``; integers modulo 2**bits. The empty product is 1."""
    counts = np.asarray(float(x.shape[axis]))

    def product(a: np.ndarray) -> np.ndarray:
        return np.asarray(np.prod(a, axis=axis, keepdims=keepdims, dtype=a.dtype))

    return _products(x, product, counts, lambda g, y: _product_pull(g, x, y, axis))


def _products(x: Real, product: Scan, counts: np.ndarray, pull: Callable[[Real, Real], Real]) -> Real:
    with np.errstate(all="ignore"):
        value = product(x.value)
    if not x.is_float:
        return Real(value, (x,), lambda _, error: np.where(product(1 + error) > 1, np.inf, 0.0))

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        return _product_error(formats, x.value, value, error, product, counts)

    return Real(value, (x,), local, lambda g, y: (pull(g, y),))


def _product_error(
    formats: Formats, x: np.ndarray, value: np.ndarray, error: np.ndarray, product: Scan, counts: np.ndarray
) -> np.ndarray:
    """The error of all roundings; free where a partial product may overflow although the result does not.

    Partial products lie between that of all factors below 1 and that of all above. An underflow loses up to its size
    times the factors above 1.
    """
    form, size = FORMATS[formats.kept], sizes(x)
    finite = np.where(np.isfinite(x), size, 1)
    top, bottom = product(np.maximum(finite + error, 1)), product(np.where(finite > 0, np.minimum(finite, 1), 1))
    # Not in float64, where products of float64 numbers may underflow.
    whole = sizes(product((size + error).astype(x.dtype))) if error.any() else sizes(value)
    grown = np.maximum(whole - sizes(value), 0)
    new = grown + gamma(np.maximum(counts - 1, 0), units(formats)[1] + float(np.finfo(x.dtype).eps)) * whole
    low = bottom < form.smallest_normal
    new = np.where(value == 0, grown, new) + np.where(low & (whole > 0) & (counts > 1), counts * lost(formats) * top, 0)
    if not error.any():
        precision = min(FORMATS[formats.compute].precision, form.precision)
        new = np.where((product(odd(size)) <= 2.0**precision) & ~low, 0, new)
    mixed = (top > form.largest) & ((bottom < 1) | (product(size) == 0))
    mixed &= product(np.isfinite(x).astype(np.float64)) > 0
    unsure = mixed | (low & np.isinf(value)) | np.isinf(product(1 + error))
    return settled(value, np.where(mixed, np.inf, new), np.where(unsure, np.inf, 0.0))


def odd(size: np.ndarray) -> np.ndarray:
    """Each size without its factors of two; 1 for 0 and what is not finite."""
    plain = np.where(np.isfinite(size) & (size > 0), size, 1.0)
    digits = np.ldexp(np.frexp(plain)[0], 53).astype(np.int64)
    return np.asarray((digits // (digits & -digits)).astype(np.float64))


def _product_pull(g: Real, x: Real, y: Real, axis: int) -> Real:
    """g times the product of all other elements: of those before and after, or the total divided by each."""
    along, a = counted(axis, len(x.shape)), saved(x)
    ahead, behind = (cumprod(a, axis, True, turned) for turned in (False, True))
    wide = over_again(g, x.shape, along)
    straight = monomial((wide, 1), (ahead, 1), (behind, 1))
    divided = monomial((wide, 1), (over_again(saved(y), x.shape, along), 1), (a, -1))
    return _unless_zero(straight, divided, a, axis)


def _running_pull(g: Real, x: Real, y: Real, axis: int, exclusive: bool, reverse: bool) -> Real:
    """The products before each element times a recurrence over those after; or a sum of g · y, over the element."""
    a = saved(x)
    given = shifted(g, axis, not reverse) if exclusive else g
    after = recurrence(given, shifted(a, axis, not reverse), axis, not reverse)
    straight = cumprod(a, axis, True, reverse) * after
    divided = over(cumsum(g * saved(y), axis, exclusive, not reverse), a)
    return _unless_zero(straight, divided, a, axis)


def _unless_zero(straight: Real, divided: Real, x: Real, axis: int) -> Real:
    """Either form; the first only at a zero; open where something is not finite."""
    zero = x.value == 0
    nowhere = ~np.isfinite(x.value).all(axis=axis, keepdims=True)
    return left_open(either(straight, where(zero | nowhere, straight, divided)), nowhere)


def shifted(x: Real, axis: int, back: bool) -> Real:
    """Every element shifted by one place, or ``back``; 0 in the place that is free."""

    def moved(to_front: bool) -> Scan:
        scan = running(lambda a, axis, dtype: a, axis, True, to_front, 0)
        return lambda a: scan(a)

    return linear(x, moved(back), moved(not back), np.ones(()))


def recurrence(x: Real, factor: Real, axis: int, reverse: bool) -> Real:
    """y = x + factor · y of the element before, or of the one after if ``reverse``."""
    value = recurrent(x.value, factor.value, axis, reverse)

    def local(formats: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return _recurrent_error(formats, (x.value, a), (factor.value, b), value, axis, reverse)

    def pull(g: Real, y: Real) -> tuple[Real, Real]:
        back = recurrence(g, shifted(saved(factor), axis, not reverse), axis, not reverse)
        return back, back * shifted(saved(y), axis, reverse)

    return Real(value, (x, factor), local, pull)


def recurrent(x: np.ndarray, factor: np.ndarray, axis: int, reverse: bool) -> np.ndarray:
    """The values of ``recurrence``."""
    steps = [np.moveaxis(np.flip(a, axis) if reverse else a, axis, 0) for a in (x, factor)]
    found = np.array(steps[0])
    with np.errstate(all="ignore"):
        for i in range(1, len(found)):
            found[i] += steps[1][i] * found[i - 1]
    back = np.moveaxis(found, 0, axis)
    return np.flip(back, axis) if reverse else back


def _recurrent_error(
    formats: Formats,
    x: tuple[np.ndarray, np.ndarray],
    factor: tuple[np.ndarray, np.ndarray],
    value: np.ndarray,
    axis: int,
    reverse: bool,
) -> np.ndarray:
    """Two roundings per step, propagated by the recurrence of absolute values."""
    form = FORMATS[formats.kept]
    size, tiny = sizes(factor[0]) + factor[1], lost(formats)
    whole = recurrent(sizes(x[0]) + x[1], size, axis, reverse)
    new = gamma(2 * value.shape[axis], units(formats)[1] + float(np.finfo(value.dtype).eps)) * whole
    new = new + recurrent(np.full(value.shape, 2 * tiny), size, axis, reverse)
    if x[1].any() or factor[1].any():
        new = new + whole - recurrent(sizes(x[0]), sizes(factor[0]), axis, reverse)
    # Other kernels multiply the factors with each other first.
    top, bottom = (ends(size, 1).prod(axis=axis, keepdims=True) for ends in (np.maximum, np.minimum))
    low = (bottom < form.smallest_normal) & (whole > 0)
    new = new + np.where(low, size.shape[axis] * tiny * top * whole.sum(axis=axis, keepdims=True), 0)
    beyond = (whole + new > form.largest) | (top > form.largest)
    return settled(value, np.where(beyond, np.inf, new), np.where(np.isnan(new), np.inf, 0.0))
