"""Functions that NumPy lacks, in float64 by Python's ``math``, in longdouble by series and continued fractions.

The errors of longdouble stay below 2⁻⁶⁰ of the result, a hundredth of a unit in the last place of float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.linear import extended

Array = np.ndarray
_ROOT_PI = np.sqrt(np.arctan(np.longdouble(1)) * 4)

SERIES_TERMS = 24
"""2ⁿ / (1·3·5···(2n+1)), the n-th term at 1, is below 2⁻⁷⁰ from here on."""

FRACTION_TERMS = {1: 320, 2: 90}
"""By the smallest argument: the error of the n-th convergent falls as exp(-2x·√(2n)), which is 2⁻⁷³ for either."""


NOTHING_LEFT = 200
"""exp(-x²) is 0 from here on, even in 128-bit longdouble, whose range ends near exp(-11433)."""


def _each(function: Callable[[float], float]) -> Callable[[Array], Array]:
    known = np.frompyfunc(function, 1, 1)

    def of(x: Array) -> Array:
        return np.asarray(known(np.asarray(x, dtype=np.float64)), dtype=np.float64)

    return of


_erf64, _erfc64 = _each(math.erf), _each(math.erfc)


def erf(x: Array) -> Array:
    """2/√π ∫₀ˣ exp(-t²) dt."""
    if not extended(x):
        return _erf64(x)
    size = np.abs(x)
    with np.errstate(all="ignore"):
        far = 1 - _tail(size)
        return np.asarray(np.where(size < 1, _series(np.where(size < 1, x, 0)), np.copysign(far, x)))


def erfc(x: Array) -> Array:
    """1 - erf(x), to full relative accuracy."""
    if not extended(x):
        return _erfc64(x)
    size = np.abs(x)
    with np.errstate(all="ignore"):
        tail = _tail(size)
        far = np.where(x < 0, 2 - tail, tail)
        return np.asarray(np.where(size < 1, 1 - _series(np.where(size < 1, x, 0)), far))


def _series(x: Array) -> Array:
    """erf by 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3·5···(2n+1)), whose terms have one sign."""
    term = total = x
    for n in range(1, SERIES_TERMS):
        term = term * (2 * x * x) / (2 * n + 1)
        total = total + term
    return np.asarray(2 / _ROOT_PI * np.exp(-x * x) * total)


def _tail(size: Array) -> Array:
    """erfc for x of at least 1; undefined for others."""
    found = np.ones_like(size)
    for low, high in ((1, 2), (2, np.inf)):
        where = (size >= low) & (size <= high)
        found[where] = _fraction(size[where], FRACTION_TERMS[low])
    found[np.isnan(size)] = np.nan
    return found


def _fraction(x: Array, terms: int) -> Array:
    """erfc by its continued fraction; x² in two parts, since exp amplifies the rounding error of the square."""
    x = np.minimum(x, NOTHING_LEFT)
    rest = np.zeros_like(x)
    for n in range(terms, 0, -1):
        rest = (np.longdouble(n) / 2) / (x + rest)
    head = x.astype(np.float32).astype(np.longdouble)
    low = (x - head) * (x + head)
    return np.asarray(np.exp(-head * head) * np.exp(-low) / _ROOT_PI / (x + rest))


def erfinv(x: Array) -> Array:
    """The y with erf(y) = x, by Newton's method on erf, or near ±1 on erfc."""
    with np.errstate(all="ignore"):
        size = np.minimum(np.abs(x), 1)
        rest = 1 - size
        y = _first_guess(size, rest)
        for _ in range(5):
            wrong = np.where(size < 0.5, erf(y) - size, rest - erfc(y))
            step = wrong * _ROOT_PI.astype(x.dtype) / 2 * np.exp(y * y)
            y = y - step / (1 + y * step)
        y = np.where(size == 1, np.inf, np.where(size == 0, 0, y))
        return np.asarray(np.where(np.abs(x) > 1, np.nan, np.copysign(y, x)))


def _first_guess(size: Array, rest: Array) -> Array:
    """S. Winitzki, A handy approximation for the error function and its inverse, 2008: accurate to 2·10⁻³."""
    log = np.log(np.maximum(rest, np.finfo(rest.dtype).tiny) * (1 + size))
    half = 2 / (np.pi * 0.147) + log / 2
    return np.asarray(np.sqrt(np.maximum(np.sqrt(half * half - log / 0.147) - half, 0)))
