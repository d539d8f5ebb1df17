"""Addition, subtraction, multiplication, division and negation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.formats import CORRECT, Exact, Formats, kept, product, rounded, sizes, unless_nan
from opassay.adapters.oracle.bounded.lost import kept_product, kept_quotient, kept_sum
from opassay.adapters.oracle.bounded.monomial import monomial
from opassay.adapters.oracle.bounded.profiles import ulps_of
from opassay.adapters.oracle.bounded.real import OPERATORS, Real, operand, saved
from opassay.adapters.oracle.bounded.sums import fit
from opassay.harness.model.dtypes import FORMATS

Binary = Callable[[np.ndarray, np.ndarray], np.ndarray]


def quietly(function: Callable[..., Any], *operands: np.ndarray) -> np.ndarray:
    """``function`` of these arrays as IEEE 754 defines it, without warnings."""
    with np.errstate(all="ignore"):
        return np.asarray(function(*operands))


def add(x: Real, other: object) -> Real:
    """x + y, rounded once."""
    y = operand(other, x)
    return _sum(np.add, x, y, y.value, lambda g: g)


def sub(x: Real, other: object) -> Real:
    """x - y, rounded once."""
    y = operand(other, x)
    return _sum(np.subtract, x, y, quietly(np.negative, y.value) if y.value.dtype != bool else y.value, neg)


def _sum(function: Binary, x: Real, y: Real, added: np.ndarray, second: Callable[[Real], Real]) -> Real:
    value = quietly(function, x.value, y.value)
    if value.dtype.kind != "f":
        return Real(value, (x, y), _either_unknown)

    def local(formats: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        error = unless_nan(formats, a + b, (x.value, a), (y.value, b))
        return kept(formats, value, error, exact=lambda: quietly(kept_sum, x.value, added, value))

    return Real(value, (x, y), local, lambda g, _: (fit(g, x.shape), fit(second(g), y.shape)))


def _either_unknown(_: Formats, *errors: np.ndarray) -> np.ndarray:
    """Infinite where an operand is not exact: integers and bools are exact or open."""
    unknown = np.logical_or.reduce(np.broadcast_arrays(*(error > 0 for error in errors)))
    return np.where(unknown, np.inf, 0.0)


def neg(x: Real, _: object = None) -> Real:
    """-x."""
    return Real(quietly(np.negative, x.value), (x,), lambda _, error: error, lambda g, _: (neg(g),))


def mul(x: Real, other: object) -> Real:
    """x · y, rounded once."""
    y = operand(other, x)
    value = quietly(np.multiply, x.value, y.value)
    if value.dtype.kind != "f":
        return Real(value, (x, y), _either_unknown)

    def local(formats: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        error = _product_error(formats, sizes(x.value), sizes(y.value), a, b)
        return kept(formats, value, error, exact=lambda: quietly(kept_product, x.value, y.value, value))

    return Real(value, (x, y), local, lambda g, _: (fit(g * saved(y), x.shape), fit(g * saved(x), y.shape)))


def _product_error(formats: Formats, x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The effect of operand errors ``a`` and ``b`` at these sizes; none on infinity times a number that cannot be 0."""
    error = product(x, b) + product(y, a) + product(a, b)
    if not np.isfinite(error).all():
        surely = ((a == 0) & np.isinf(x) & (y > b)) | ((b == 0) & np.isinf(y) & (x > a))
        error = np.where(surely, 0, error)
    return unless_nan(formats, error, (x, a), (y, b))


def div(x: Real, other: object) -> Real:
    """x / y, by a division or by a reciprocal and a product."""
    y = operand(other, x)
    value = quietly(np.divide, x.value, y.value)

    def local(formats: Formats, a: np.ndarray, given: np.ndarray) -> np.ndarray:
        b, beyond = y.error(formats), y.overflow(formats)
        error = unless_nan(formats, quotient_error(x.value, y.value, value, a, b), (x.value, a), (y.value, b))
        if beyond.any():
            error = np.where(beyond, np.maximum(error, sizes(value)), error)
        if np.isinf(x.value).any() and ulps_of("div", formats.functions) > CORRECT:
            # Infinity times a reciprocal that may be flushed is NaN.
            lost = sizes(y.value) > 1 / FORMATS[formats.kept].smallest_normal
            error = np.where(np.isinf(x.value) & lost, np.inf, error)
        powers = (np.frexp(sizes(y.value))[0] == 0.5) & (b == 0)
        return _divided(formats, value, error, powers, lambda: quietly(kept_quotient, x.value, y.value, value))

    return Real(value, (x, y), local, lambda g, _: _quotient_pull(g, x, y))


def _divided(formats: Formats, value: np.ndarray, error: np.ndarray, powers: np.ndarray, whole: Exact) -> np.ndarray:
    """Division by a power of two is one rounding at most; other divisions have the error of the profile."""
    exactly = kept(formats, value, error, exact=whole) if powers.any() else error
    if powers.all():
        return exactly
    ulps = ulps_of("div", formats.functions)
    inside = error if formats.kept == formats.compute else rounded(formats, formats.kept, value, error)
    return np.where(powers, exactly, kept(formats, value, inside, ulps, exact=whole if ulps <= CORRECT else False))


def quotient_error(x: np.ndarray, y: np.ndarray, value: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The effect of errors ``a`` and ``b`` of the operands; open where the divisor may be 0."""
    size = sizes(y)
    error = (product(sizes(value), b) + a) / np.where(size > b, size - b, 1)
    error = np.where((b > 0) & (size <= b), np.inf, error)
    # An exact zero divisor: infinite, with the sign of the dividend if that is known.
    unsure = (a > 0) & (sizes(x) <= a)
    return np.where((size == 0) & (b == 0), np.where(unsure, np.inf, 0.0), error)


def _quotient_pull(g: Real, x: Real, y: Real) -> tuple[Real, Real]:
    a, b = saved(x), saved(y)
    return fit(g / b, x.shape), fit(neg(monomial((g, 1), (a, 1), (b, -2))), y.shape)


OPERATORS.update(add=add, sub=sub, mul=mul, div=div, neg=neg)
