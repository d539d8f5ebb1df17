"""Circular and hyperbolic functions and their inverses: each with the forms of its gradient that targets use."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.basic import neg
from opassay.adapters.oracle.bounded.elementary import rsqrt, sqrt
from opassay.adapters.oracle.bounded.forms import either
from opassay.adapters.oracle.bounded.function import Unary, between_ends, between_poles, function, of_size, over, turned
from opassay.adapters.oracle.bounded.real import Real, operand, saved, with_gradient
from opassay.adapters.oracle.bounded.selection import where

PI = 4 * np.arctan(np.longdouble(1))

sin: Unary = function("sin", np.sin, lambda g, x, y: g * cos(saved(x)), turned(np.sin, np.cos), span=(-1, 1))
cos: Unary = function("cos", np.cos, lambda g, x, y: -(g * sin(saved(x))), turned(np.cos, np.sin), span=(-1, 1))
tan: Unary = function(
    "tan",
    np.tan,
    lambda g, x, y: either(g * (1 + saved(y) * saved(y)), g / (cos(saved(x)) * cos(saved(x)))),
    between_poles,
)


def _over_root(g: Real, square: Real) -> Real:
    return either(g / sqrt(square), g * rsqrt(square))


def _one_less_square(x: Real) -> Real:
    return either(1 - saved(x) * saved(x), (1 - saved(x)) * (1 + saved(x)))


def _by_one_less_square(g: Real, y: Real) -> Real:
    """g · (1 - y²)."""
    less = g * (1 - y)
    return either(g * (1 - y * y), (g + g * y) * (1 - y), g * (1 + y) * (1 - y), less + less * y)


def _by_length(g: Real, x: Real, y: Real) -> Real:
    return either(_over_root(g, saved(x) * saved(x) + 1), g / cosh(saved(y)))


asin: Unary = function(
    "asin", np.arcsin, lambda g, x, y: _over_root(g, _one_less_square(x)), between_ends(np.arcsin, -1, 1, closed=True)
)
acos: Unary = function(
    "acos",
    np.arccos,
    lambda g, x, y: neg(_over_root(g, _one_less_square(x))),
    between_ends(np.arccos, -1, 1, closed=True),
    span=(0, np.inf),
)
atan: Unary = function("atan", np.arctan, lambda g, x, y: over(g, 1 + saved(x) * saved(x)), between_ends(np.arctan))
sinh: Unary = function("sinh", np.sinh, lambda g, x, y: g * cosh(saved(x)), between_ends(np.sinh))
cosh: Unary = function("cosh", np.cosh, lambda g, x, y: g * sinh(saved(x)), of_size(np.cosh), span=(1, np.inf))
tanh: Unary = function(
    "tanh",
    np.tanh,
    lambda g, x, y: _by_one_less_square(g, saved(y)),
    between_ends(np.tanh),
    span=(-1, 1),
)
asinh: Unary = function("asinh", np.arcsinh, lambda g, x, y: _by_length(g, x, y), between_ends(np.arcsinh))
acosh: Unary = function(
    "acosh",
    np.arccosh,
    lambda g, x, y: either(
        _over_root(g, either(saved(x) * saved(x) - 1, (saved(x) - 1) * (saved(x) + 1))), g / sinh(saved(y))
    ),
    between_ends(np.arccosh, 1, closed=True),
    span=(0, np.inf),
)
atanh: Unary = function(
    "atanh",
    np.arctanh,
    lambda g, x, y: over(g, _one_less_square(x)),
    between_ends(np.arctanh, -1, 1),
)


def sinc(x: Real) -> Real:
    """sin(πx) / (πx), and 1 at 0."""
    zero = x.value == 0
    y = where(zero, 1.0, sin(_turns(x)) / _turns(x))

    def pull(g: Real, _: Real) -> Real:
        a = saved(x)
        t = _turns(a)
        # The rule for quotients, and torch's formula.
        second, inverse = g * sin(t), 1 / (t * t)
        seconds = either(second / t / t, second / (t * t), second * inverse, g * inverse * sin(t))
        by_quotient = PI * (g * cos(t) / t - seconds)
        at_once = g * ((t * cos(t) - sin(t)) / (t * where(zero, 1.0, a)))
        return where(zero, 0.0, either(by_quotient, at_once))

    return with_gradient(y, x, pull)


def _turns(x: Real) -> Real:
    """πx, but 1 at 0, where no quotient is taken."""
    return where(x.value == 0, 1.0, operand(PI, x) * x)
