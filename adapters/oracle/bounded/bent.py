"""Piecewise activations: at a kink or a step, the gradient may be that of either side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.bounded.elementary import exp, expm1
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.forms import either
from opassay.adapters.oracle.bounded.logic import greater
from opassay.adapters.oracle.bounded.monomial import monomial
from opassay.adapters.oracle.bounded.real import (
    Real,
    constant,
    for_finite,
    left_open,
    operand,
    saved,
    unsigned,
    with_gradient,
)
from opassay.adapters.oracle.bounded.selection import absolute, clamp, minimum, where

SIXTH = np.longdouble(1) / 6

SELU = np.longdouble("1.0507009873554804934193349852946"), np.longdouble("1.6732632423543772848170429916717")
"""Scale and alpha: G. Klambauer et al., Self-Normalizing Neural Networks, 2017, equation 14."""


def above(x: Real) -> Real:
    """Whether x > 0; either at 0, where a function has a kink, and at NaN."""
    size = np.abs(x.value)
    return Real(x.value > 0, (x,), lambda _, error: np.asarray(~(size > error), dtype=np.float64))


def elu(x: Real, alpha: float = 1.0) -> Real:
    """x above 0, alpha · (exp(x) - 1) below."""
    return _elu(x, alpha * expm1(minimum(x, 0.0)), lambda g, a: monomial((g, 1), (constant(alpha, x), 1), (_exp(a), 1)))


def celu(x: Real, alpha: float = 1.0) -> Real:
    """x above 0, alpha · (exp(x / alpha) - 1) below."""
    below = minimum(x, 0.0) / alpha
    return _elu(x, alpha * expm1(below), lambda g, a: g * _exp(a / alpha))


def _exp(x: Real) -> Real:
    """exp(x), or the saved result in a gradient."""
    return either(exp(x), saved(expm1(x)) + 1)


def _elu(x: Real, low: Real, below: Callable[[Real, Real], Real]) -> Real:
    """``below``: (cotangent, operand) -> the gradient where x < 0."""
    high = above(x)

    def pull(g: Real, y: Real) -> Real:
        # The slope below is not used for elements above 0, where it would overflow.
        return where(high, g, below(g, minimum(saved(x), 0.0)))

    return for_finite(unsigned(with_gradient(where(high, x, low), x, pull)))


def selu(x: Real) -> Real:
    """scale · elu(x, alpha), with the two constants of the paper."""
    scale, alpha = SELU
    low = minimum(x, 0.0)
    y = where(above(x), scale * x, either(scale * (alpha * expm1(low)), scale * alpha * expm1(low)))

    def pull(g: Real, _: Real) -> Real:
        below = monomial((g, 1), (constant(scale, x), 1), (constant(alpha, x), 1), (_exp(saved(low)), 1))
        return where(above(x), g * scale, below)

    return for_finite(unsigned(with_gradient(y, x, pull)))


def hard_sigmoid(x: Real) -> Real:
    """x / 6 + 1/2 between 0 and 1."""
    return unsigned(either(clamp(x * SIXTH + 0.5, 0.0, 1.0), clamp(x + 3, 0.0, 6.0) / 6))


def hard_swish(x: Real) -> Real:
    """x · hard_sigmoid(x)."""
    share = clamp(x + 3, 0.0, 6.0)
    return unsigned(either(x * hard_sigmoid(x), x * share / 6, x * (share * SIXTH)))


def leaky_relu(x: Real, slope: object = 0.01) -> Real:
    """x above 0, slope · x below."""
    return unsigned(where(above(x), x, x * operand(slope, x)))


def hard_shrink(x: Real, threshold: float = 0.5) -> Real:
    """x where |x| > threshold, 0 elsewhere; open at NaN, which torch keeps and ONNX's definition drops."""
    return _shrunk(x, threshold, x)


def soft_shrink(x: Real, threshold: float = 0.5) -> Real:
    """x, nearer to 0 by the threshold, but not across it; open at NaN, as ``hard_shrink``."""
    return _shrunk(x, threshold, where(x.value > 0, x - threshold, x + threshold))


def _shrunk(x: Real, threshold: float, beyond: Real) -> Real:
    size, end = absolute(x), operand(threshold, x)
    inside = np.abs(np.abs(x.value) - end.value)

    def local(_: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray(~(inside > a + b), dtype=np.float64)

    def pull(g: Real, _: Real) -> Real:
        return where(Real(size.value > end.value, (x, end), local), g, 0.0)

    y = unsigned(with_gradient(where(greater(size, end), beyond, 0.0), x, pull))
    return left_open(y, np.isnan(x.value))
