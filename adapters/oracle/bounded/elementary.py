"""Exponentials, logarithms, roots and the error function: each with the forms of its gradient that targets use."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded import special
from opassay.adapters.oracle.bounded.basic import neg
from opassay.adapters.oracle.bounded.forms import either, least
from opassay.adapters.oracle.bounded.function import Unary, between_ends, function, over
from opassay.adapters.oracle.bounded.monomial import in_any_order, monomial
from opassay.adapters.oracle.bounded.real import Real, constant, left_open, saved, with_gradient
from opassay.adapters.oracle.bounded.selection import clamp

LN2, LN10 = (np.log(np.longdouble(n)) for n in (2, 10))
ROOT_PI = np.sqrt(4 * np.arctan(np.longdouble(1)))


def _inverse_root(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / np.sqrt(x))


def _by_log_of_base(g: Real, x: Real, ln: object) -> Real:
    return monomial((g, 1), (saved(x), -1), (constant(ln, x), -1))


def _by_bell(g: Real, x: Real) -> Real:
    """g · 2/√π · exp(-x²), which is 0 in any format well within the limits of x here."""
    a = clamp(saved(x), -special.NOTHING_LEFT, special.NOTHING_LEFT)
    factor, bell = constant(2 / ROOT_PI, x), exp(-(a * a))
    # An underflow has no relative error.
    factors = (g, 1), (factor, 1), (bell, 1)
    return least(monomial(*factors), in_any_order(g * (factor * bell), *factors))


def _by_three_halves(g: Real, x: Real, y: Real) -> Real:
    """g · -½ x^(-3/2), undefined at -0."""
    a, b, half = saved(x), saved(y), (constant(-0.5, x), 1)
    ways = (half, (b, 1), (a, -1)), (half, (b, 3))
    whole = either(*(monomial((g, 1), *way) for way in ways))
    slope = g * either(*(monomial(*way) for way in ways))
    # A cotangent that may be 0 has no relative error.
    forms = least(whole, either(*(in_any_order(slope, (g, 1), *way) for way in ways)))
    return left_open(forms, np.asarray((x.value == 0) & np.signbit(x.value)))


def _by_two_thirds(g: Real, x: Real, y: Real) -> Real:
    """g / (3 · x^(2/3))."""
    third = (constant(3, x), -1)
    return either(monomial((g, 1), third, (saved(y), -2)), monomial((g, 1), third, (saved(y), 1), (saved(x), -1)))


exp: Unary = function("exp", np.exp, lambda g, x, y: g * saved(y), between_ends(np.exp), span=(0, np.inf))
exp2: Unary = function(
    "exp2",
    np.exp2,
    lambda g, x, y: monomial((g, 1), (saved(y), 1), (constant(LN2, x), 1)),
    between_ends(np.exp2),
    span=(0, np.inf),
)
expm1: Unary = function(
    "expm1",
    np.expm1,
    lambda g, x, y: either(g * (saved(y) + 1), g * exp(saved(x))),
    between_ends(np.expm1),
    span=(-1, np.inf),
)
log: Unary = function("log", np.log, lambda g, x, y: over(g, saved(x)), between_ends(np.log, 0))
log2: Unary = function("log2", np.log2, lambda g, x, y: _by_log_of_base(g, x, LN2), between_ends(np.log2, 0))
log10: Unary = function("log10", np.log10, lambda g, x, y: _by_log_of_base(g, x, LN10), between_ends(np.log10, 0))
log1p: Unary = function("log1p", np.log1p, lambda g, x, y: over(g, 1 + saved(x)), between_ends(np.log1p, -1))
sqrt: Unary = function(
    "sqrt",
    np.sqrt,
    lambda g, x, y: monomial((g, 1), (constant(2, x), -1), (saved(y), -1)),
    between_ends(np.sqrt, 0, closed=True),
)
rsqrt: Unary = function(
    "rsqrt",
    _inverse_root,
    lambda g, x, y: _by_three_halves(g, x, y),
    between_ends(_inverse_root, 0),
)
cbrt: Unary = function(
    "cbrt",
    np.cbrt,
    lambda g, x, y: _by_two_thirds(g, x, y),
    between_ends(np.cbrt),
)
erf: Unary = function("erf", special.erf, lambda g, x, y: _by_bell(g, x), between_ends(special.erf), span=(-1, 1))
erfc: Unary = function(
    "erfc", special.erfc, lambda g, x, y: neg(_by_bell(g, x)), between_ends(special.erfc), span=(0, 2)
)
erfinv: Unary = function(
    "erfinv",
    special.erfinv,
    lambda g, x, y: g * (ROOT_PI / 2 * exp(saved(y) * saved(y))),
    between_ends(special.erfinv, -1, 1),
)


def square(x: Real) -> Real:
    """x · x, rounded once."""
    y = x * x
    if not x.is_float:
        return y

    def pull(g: Real, _: Real) -> Real:
        a = saved(x)
        return either(g * (2 * a), 2 * (g * a), g * a + g * a)

    return with_gradient(y, x, pull)


def reciprocal(x: Real) -> Real:
    """1 / x."""
    y = 1 / x

    def pull(g: Real, _: Real) -> tuple[None, Real]:
        return None, neg(either(monomial((g, 1), (saved(y), 2)), monomial((g, 1), (saved(x), -2))))

    return Real(y.value, (y, x), lambda _, error, of_x: error, pull)


def inverse_root(x: Real) -> Real:
    """1 / √x, by one function or by a root and a division."""
    return either(rsqrt(x), reciprocal(sqrt(x)))
