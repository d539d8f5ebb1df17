"""Mistakes of digamma and its derivative: correct formulas of insufficient accuracy."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import trigonometry
from opassay.adapters.oracle.bounded.real import constant, leaf, with_gradient
from opassay.adapters.oracle.hypotheses.computed import by_formula

Real = bounded.Real
PI = 4 * np.arctan(np.longdouble(1))
TERMS, STEPS = (np.longdouble(1) / 6, np.longdouble(1) / 30, np.longdouble(1) / 42), 6
"""M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, formula 6.4.12, truncated, after steps of 6.4.6."""


def _series(x: Real) -> Real:
    total: Real | None = None
    for _ in range(STEPS):
        step = 1 / (x * x)
        total, x = step if total is None else total + step, x + 1
    square = 1 / (x * x)
    first, second, third = (constant(term, x) for term in TERMS)
    return total + (1 + 1 / (2 * x) + square * (first - square * (second - square * third))) / x


def _times_pi(x: np.ndarray) -> Real:
    """The rounded product with π, in the computing format."""
    name = "float64" if x.dtype == np.longdouble else "float32"
    with np.errstate(all="ignore"):
        return leaf(x.astype(name) * np.asarray(np.pi, name))


def _trigamma(x: Real) -> Real:
    """Below 1/2 minus (π / sin πx)², without reduction of the rounded angle."""
    below = np.asarray(x.value < 0.5)
    sine = trigonometry.sin(_times_pi(x.value))
    square = constant(PI * PI, x) / (sine * sine)
    direct = _series(bounded.where(below, 1 - x, x))
    return bounded.where(below, square - direct, direct)


def _digamma(x: Real) -> Real:
    y = _reflected(x)
    return with_gradient(y, x, lambda g, _: g * _trigamma(bounded.saved(x)))


def _lgamma(x: Real) -> Real:
    return with_gradient(bounded.lgamma(x), x, lambda g, _: g * _reflected(bounded.saved(x)))


def _reflected(x: Real) -> Real:
    """Below 0, ψ(1 - x) - π / tan πr, where r is the remainder of x toward zero."""
    below = np.asarray((x.value < 0) & np.isfinite(x.value))
    rest = np.where(below, np.where(below, x.value, 0) - np.trunc(np.where(below, x.value, 0)), 0.25)
    reflected = bounded.digamma(1 - x) - constant(PI, x) / trigonometry.tan(_times_pi(rest.astype(x.value.dtype)))
    return bounded.where(below & (x.value != np.trunc(x.value)), reflected, bounded.digamma(x))


HYPOTHESES = (
    by_formula(
        "angle_times_pi",
        "below 0 the angle is multiplied with π as it is rounded, and the derivative's series ends early",
        {"digamma": (_digamma,), "lgamma": (_lgamma,)},
    ),
)
