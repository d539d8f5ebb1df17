"""Sines of angles that are reduced with an error, and what is made of them. Measured on tinygrad 0.14.0."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.formats import sizes
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.bounded.trigonometry import PI
from opassay.adapters.oracle.hypotheses.computed import by_formula

Real = bounded.Real
NEAR = 30
"""Where tinygrad's sine (``codegen/decomp/transcendental.py``) goes over from Cody and Waite's reduction to Payne and
Hanek's."""


def _reduced(x: Real) -> Real:
    """The angle, with the largest error of 200 in each of 15 binades: of float64 that of 32 bits where it is far.

    In float16 what is left of a far angle is rounded: of all its numbers, none is more than 1.93 · 2^-11 off.
    """
    size = sizes(x.value)
    if x.value.dtype == np.longdouble:
        off = np.where(size < NEAR, 2.0**-53 * size, 2.0**-31 * size)
    else:
        off = np.where(size < NEAR, 2.0**-24 * size, 2.0**-23)
    half = np.where(size < NEAR, off, 2.0**-10)
    return Real(x.value, (x,), lambda f, error: error + (half if f.kept == "float16" else off), lambda g, _: (g,))


def _sin(x: Real) -> Real:
    y = bounded.sin(_reduced(x))
    return with_gradient(y, x, lambda g, _: g * bounded.sin(_reduced(constant(PI / 2, x) - bounded.saved(x))))


def _cos(x: Real) -> Real:
    return _sin(constant(PI / 2, x) - x)


def _tan(x: Real) -> Real:
    return _sin(x) / _cos(x)


def _turned(x: Real) -> Real:
    """π/2 - x as the computing format holds it: -x from where a quarter turn is less than half a unit."""
    name = "float64" if x.value.dtype == np.longdouble else "float32"
    quarter = np.asarray(PI / 2).astype(name)
    with np.errstate(over="ignore", invalid="ignore"):
        value = (quarter - x.value.astype(name)).astype(x.value.dtype)
    return Real(value, (x,), lambda _, error: error, lambda g, _: (-g,))


def _cos_of_turned(x: Real) -> Real:
    return _sin(_turned(x))


def _tan_of_turned(x: Real) -> Real:
    return _sin(x) / _cos_of_turned(x)


HYPOTHESES = (
    by_formula(
        "angle_reduced_with_an_error",
        "an angle is reduced with an error: of float64 from 30 on as if it had 32 bits, near a zero of the sine of any",
        {"sin": (_sin,), "cos": (_cos, _cos_of_turned), "tan": (_tan, _tan_of_turned)},
        looser=True,
    ),
)
