"""A power as an exponential of a logarithm, and its gradient.

Source: tinygrad 0.14.0, ``xpow`` in ``codegen/decomp/transcendental.py`` and ``pm_gradient`` in ``mixin/gradient.py``.
"""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.elementary import LN2
from opassay.adapters.oracle.bounded.real import constant

Real = bounded.Real
WHOLE = 2.0**31
"""From here on an exponent is no 32-bit integer."""


def by_logarithm(a: Real, b: Real) -> Real:
    """2 ** (b · log2 |a|), of the sign of ``a`` for an odd ``b``: that of -0 is lost, and 1 ** NaN is NaN."""
    y = _power(a, b)

    def pull(g: Real, this: Real) -> tuple[None, Real, Real]:
        x, e, power = bounded.saved(a), bounded.saved(b), bounded.saved(this)
        slope = bounded.where(e.value == 0, e, e * _power(x, e - 1))
        growth = power * bounded.log2(x) * constant(LN2, x)
        end = np.where(e.value < 0, -np.inf, 0.0)
        return None, g * slope, g * bounded.where(x.value == 0, Real(end.astype(x.value.dtype)), growth)

    return Real(y.value, (y, a, b), lambda _, error, *__: error, pull)


def _power(a: Real, b: Real) -> Real:
    base, exponent = np.broadcast_arrays(a.value, _kept(b.value))
    size = np.abs(exponent)
    whole = (size < WHOLE) & (np.trunc(exponent) == exponent)
    odd = np.fmod(np.where(whole, size, 0), 2) == 1
    below = base < 0
    y = bounded.exp2(bounded.log2(bounded.absolute(a)) * b)
    signed = bounded.where(below & odd, -y, y)
    known = bounded.where(below & ~whole & ~np.isneginf(base), np.nan, signed)
    return bounded.where(exponent == 0, 1.0, known)


def _kept(value: np.ndarray) -> np.ndarray:
    """As its format holds it: an exponent less 1 is rounded, maybe to a whole number."""
    with np.errstate(over="ignore"):
        return value.astype("float64" if value.dtype == np.longdouble else "float32").astype(value.dtype)
