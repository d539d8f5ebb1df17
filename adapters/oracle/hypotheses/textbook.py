"""Functions composed of others by a textbook formula that loses precision or overflows on the way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.elementary import LN2, LN10
from opassay.adapters.oracle.bounded.real import constant
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, by_formula
from opassay.adapters.oracle.hypotheses.ends import too_early

Real = bounded.Real
HALF_PI = 2 * np.arctan(np.longdouble(1))
ASIN = (
    *("-0.0012624911", "0.0066700901", "-0.0170881256", "0.0308918810", "-0.0501743046", "0.0889789874"),
    *("-0.2145988016", "1.5707963050"),
)
"""M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, formula 4.4.46: error 2·10⁻⁸."""


def _sinh(x: Real) -> Real:
    return too_early((_exp(x) - _exp(-x)) / 2, x)


def _cosh(x: Real) -> Real:
    return too_early((_exp(x) + _exp(-x)) / 2, x)


def _sigmoid(x: Real) -> Real:
    return 1 / (1 + bounded.exp2(x * constant(-1 / LN2, x)))


def _tanh(x: Real) -> Real:
    return 2 * _sigmoid(2 * x) - 1


def _asinh(x: Real) -> Real:
    return bounded.log(x + bounded.sqrt(x * x + 1))


def _acosh(x: Real) -> Real:
    return bounded.log(x + bounded.sqrt(x * x - 1))


def _atanh(x: Real) -> Real:
    return bounded.log((1 + x) / (1 - x)) / 2


def _asin(x: Real) -> Real:
    size, total = bounded.absolute(x), constant(np.longdouble(ASIN[0]), x)
    for coefficient in ASIN[1:]:
        total = total * size + constant(np.longdouble(coefficient), x)
    whole = constant(HALF_PI, x) - bounded.sqrt(1 - size) * total
    return bounded.sign(x) * whole


def _acos(x: Real) -> Real:
    return constant(HALF_PI, x) - _asin(x)


def _atan(x: Real) -> Real:
    return _asin(x / bounded.sqrt(1 + x * x))


def _cos(x: Real) -> Real:
    return bounded.sin(constant(HALF_PI, x) - x)


def _tan(x: Real) -> Real:
    return bounded.sin(x) / _cos(x)


def _exp(x: Real) -> Real:
    return bounded.exp2(x * constant(1 / LN2, x))


def _log2(x: Real) -> Real:
    return bounded.log(x) * constant(1 / LN2, x)


def _log10(x: Real) -> Real:
    return bounded.log2(x) * constant(LN2 / LN10, x)


def _of_finite(formula: Formula, right: Formula) -> Formula:
    """``formula``, except where ``right`` is not finite."""

    def made(x: Real) -> Real:
        y = right(x)
        return bounded.where(np.isfinite(y.value), formula(x), y)

    return made


FORMULAS: Mapping[str, tuple[Formula, Formula]] = {
    "sinh": (_sinh, bounded.sinh),
    "cosh": (_cosh, bounded.cosh),
    "tanh": (_tanh, bounded.tanh),
    "asinh": (_asinh, bounded.asinh),
    "acosh": (_acosh, bounded.acosh),
    "atanh": (_atanh, bounded.atanh),
    "asin": (_asin, bounded.asin),
    "acos": (_acos, bounded.acos),
    "atan": (_atan, bounded.atan),
    "cos": (_cos, bounded.cos),
    "tan": (_tan, bounded.tan),
    "exp": (_exp, bounded.exp),
    "log2": (_log2, bounded.log2),
    "log10": (_log10, bounded.log10),
}

HYPOTHESES = (
    by_formula(
        "by_a_textbook",
        "the function is made of others by a formula of a textbook",
        {op: (_of_finite(*both),) for op, both in FORMULAS.items()},
        VALUE,
        looser=True,
    ),
)
