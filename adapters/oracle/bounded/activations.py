"""Activations, composed of elementary functions: their bounds are those of the formulas that targets use."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.basic import neg
from opassay.adapters.oracle.bounded.elementary import erf, erfc, exp, log, log1p
from opassay.adapters.oracle.bounded.formats import Formats, sizes, up
from opassay.adapters.oracle.bounded.forms import any_form, either, either_known
from opassay.adapters.oracle.bounded.function import over
from opassay.adapters.oracle.bounded.logic import equal, greater_equal
from opassay.adapters.oracle.bounded.monomial import in_any_order, monomial
from opassay.adapters.oracle.bounded.real import (
    Real,
    for_finite,
    left_open,
    operand,
    saved,
    unsigned,
    with_gradient,
)
from opassay.adapters.oracle.bounded.selection import absolute, maximum, where
from opassay.adapters.oracle.bounded.sums import fit
from opassay.adapters.oracle.bounded.trigonometry import tanh
from opassay.harness.model.dtypes import FORMATS

ROOT_HALF = np.sqrt(np.longdouble(0.5))
ROOT_TWO_OVER_PI = np.sqrt(np.longdouble(2) / (4 * np.arctan(np.longdouble(1))))


def sigmoid(x: Real) -> Real:
    """1 / (1 + exp(-x)); also 0 where exp(-x) overflows."""
    e = exp(-absolute(x))
    share = where(greater_equal(x, 0.0), 1.0, e) / (1 + e)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        size = up(sizes(share.value))
        return np.where(size * FORMATS[formats.kept].largest < 1, np.maximum(error, size), error)

    whole = Real(share.value, (share,), local)

    def pull(g: Real, y: Real) -> Real:
        one, other = saved(y), 1 - saved(y)
        return in_any_order(g * (one * other), (g, 1), (one, 1), (other, 1))

    return with_gradient(whole, x, pull, (0, 1))


def silu(x: Real) -> Real:
    """x · sigmoid(x)."""
    return for_finite(unsigned(x * sigmoid(x)))


def softplus(x: Real) -> Real:
    """log(1 + exp(x)), as max(x, 0) + log1p(exp(-|x|)), or by log1p(exp(x)) where that does not overflow."""
    y = either_known(maximum(x, 0.0) + log1p(exp(-absolute(x))), log1p(exp(x)))
    return with_gradient(y, x, lambda g, y: either(g * sigmoid(saved(x)), g * exp(saved(x) - saved(y))), (0, np.inf))


def log_sigmoid(x: Real) -> Real:
    """log(sigmoid(x)), as -softplus(-x)."""
    y = neg(softplus(-x))
    forms = lambda g, y: either(g * sigmoid(-saved(x)), g * exp(saved(y) - saved(x)))  # noqa: E731
    return unsigned(with_gradient(y, x, forms, (-np.inf, 0)))


def mish(x: Real) -> Real:
    """x · tanh(softplus(x))."""
    return for_finite(unsigned(x * tanh(softplus(x))))


def gelu(x: Real) -> Real:
    """x · Φ(x) with the normal distribution's Φ, as 0.5 · x · (1 + erf(x / √2)) or by erfc."""
    scaled = x * ROOT_HALF
    return for_finite(unsigned(either(0.5 * x * (1 + erf(scaled)), 0.5 * x * erfc(-scaled))))


def gelu_tanh(x: Real) -> Real:
    """0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).

    Source: D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, 2016, section 2.
    """
    above = 1 + tanh(ROOT_TWO_OVER_PI * (x + np.longdouble("0.044715") * (x * x * x)))
    # The gradient of the second form multiplies the cotangent by x, which may overflow when half of it does not.
    return for_finite(unsigned(any_form([0.5 * x * above, x * (0.5 * above)], (x,))))


def softsign(x: Real) -> Real:
    """x / (1 + |x|)."""
    y = x / (1 + absolute(x))

    def pull(g: Real, _: Real) -> Real:
        size = absolute(saved(x))
        d = 1 + size
        return either(monomial((g, 1), (d, -2)), over(g, d) - monomial((g, 1), (size, 1), (d, -2)))

    return for_finite(unsigned(with_gradient(y, x, pull, (-1, 1))))


def tanh_shrink(x: Real) -> Real:
    """x - tanh(x)."""
    return for_finite(unsigned(x - tanh(x)))


def logit(x: Real) -> Real:
    """log(x / (1 - x))."""
    y = either(log(x / (1 - x)), log(x) - log1p(-x))

    def pull(g: Real, _: Real) -> Real:
        a = saved(x)
        forms = either(monomial((g, 1), (a, -1), (1 - a, -1)), over(g, a) + over(g, 1 - a))
        return left_open(forms, np.asarray((x.value == 0) & np.signbit(x.value)))

    return with_gradient(y, x, pull)


def logaddexp(x: Real, other: object) -> Real:
    """log(exp(x) + exp(y)), as max(x, y) + log1p(exp(-|x - y|))."""
    y = operand(other, x)
    gap = where(equal(x, y), 0.0, absolute(x - y))
    whole = maximum(x, y) + log1p(exp(-gap))
    # Two equal infinities have a sum, but neither has a share of it.
    nowhere = np.isnan(whole.value) | (np.isinf(x.value) & (x.value == y.value))

    def pull(g: Real, this: Real) -> tuple[None, Real, Real]:
        a, b, c = saved(x), saved(y), saved(this)
        one, other = where(equal(a, b), 0.0, a - b), where(equal(a, b), 0.0, b - a)
        forms = either(g * sigmoid(one), g * exp(a - c)), either(g * sigmoid(other), g * exp(b - c))
        shares = [left_open(form, nowhere) for form in forms]
        return None, fit(shares[0], x.shape), fit(shares[1], y.shape)

    return Real(whole.value, (whole, x, y), lambda _, error, *of: error, pull)


def xlogy(x: Real, other: object) -> Real:
    """x · log(y), and 0 where x is 0; open if y is NaN there, as is the gradient by such an x.

    Some gradients are such a product themselves, so that they are 0 where the cotangent is.
    """
    y = operand(other, x)
    nothing = _maybe_zero(x)
    safe = where(x.value == 0, 1.0, y)
    value = where(x.value == 0, 0.0, x * log(safe))

    def pull(g: Real, _: Real) -> tuple[None, Real, Real]:
        a, b = saved(x), saved(y)
        one = left_open(g * log(b), nothing | (_maybe_zero(g) & ~(b.value > 0)))
        other = left_open(monomial((g, 1), (a, 1), (b, -1)), nothing & (y.value == 0))
        return None, fit(one, x.shape), fit(other, y.shape)

    def local(_: Formats, error: np.ndarray, of_x: np.ndarray, of_y: np.ndarray) -> np.ndarray:
        # What is taken for 0 may be answered as it is.
        return np.where((of_x > 0) & (sizes(x.value) <= of_x), error + of_x, error)

    whole = Real(value.value, (value, x, y), local, pull)
    flushed = nothing & (x.value != 0)
    return left_open(unsigned(whole), (flushed & ~(y.value > 0)) | ((x.value == 0) & np.isnan(y.value)))


def _maybe_zero(x: Real) -> np.ndarray:
    """Where x is 0, or may be taken for it."""
    return np.asarray(x.value == 0) | (np.False_ if x.either_zero is None else x.either_zero)


def lerp(start: Real, end: Real, weight: object) -> Real:
    """start + weight · (end - start)."""
    w = operand(weight, start)
    gap = end - start
    y = either(start + w * gap, end - gap * (1 - w))

    def pull(g: Real, _: Real) -> tuple[Real | None, ...]:
        a, b, c = saved(start), saved(end), saved(w)
        first, second = either(g * (1 - c), g - g * c), g * c
        third = either(g * (b - a), g * b - g * a)
        return None, fit(first, start.shape), fit(second, end.shape), fit(third, w.shape)

    # The forms differ at an infinite operand whose weight is 0 or 1.
    open_ = ~(np.isfinite(start.value) & np.isfinite(end.value) & np.isfinite(w.value))
    found = Real(y.value, (y, start, end, w), lambda _, error, *of: error, pull)
    return left_open(for_finite(unsigned(found)), np.broadcast_to(open_, y.shape))
