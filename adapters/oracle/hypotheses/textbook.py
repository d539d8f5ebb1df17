"""Functions composed of others by a textbook formula that loses precision or overflows on the way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.elementary import LN2, LN10
from opassay.adapters.oracle.bounded.forms import either_known
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, by_formula
from opassay.adapters.oracle.hypotheses.ends import too_early
from opassay.adapters.oracle.hypotheses.textbook_powers import by_logarithm
from opassay.harness.model.dtypes import FORMATS

Real = bounded.Real
HALF_PI = 2 * np.arctan(np.longdouble(1))
ASIN = (
    *("-0.0012624911", "0.0066700901", "-0.0170881256", "0.0308918810", "-0.0501743046", "0.0889789874"),
    *("-0.2145988016", "1.5707963050"),
)
"""M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, formula 4.4.46: error 2·10⁻⁸."""

ERF = ("1.061405429", "-1.453152027", "1.421413741", "-0.284496736", "0.254829592")
"""The same, formula 7.1.26: error 1.5·10⁻⁷."""


def _sinh(x: Real) -> Real:
    return too_early((_exp(x) - _exp(-x)) / 2, x)


def _cosh(x: Real) -> Real:
    return too_early((_exp(x) + _exp(-x)) / 2, x)


def _kept_in_half(function: Formula) -> Formula:
    """Each exponential is rounded to float16, and infinite there."""

    def kept(x: Real) -> Real:
        y = function(x)
        beyond = np.asarray(np.abs(x.value) > np.log(np.longdouble(FORMATS["float16"].largest))) & _is_half(x)
        return bounded.where(beyond, Real(np.copysign(np.inf, y.value).astype(x.value.dtype)), y)

    return kept


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


def _erf(x: Real) -> Real:
    size, total = bounded.absolute(x), constant(np.longdouble(ERF[0]), x)
    t = 1 / (1 + size * constant(np.longdouble("0.3275911"), x))
    for coefficient in (*ERF[1:], "0"):
        total = total * t + constant(np.longdouble(coefficient), x)
    return bounded.sign(x) * (1 - total * _exp(-(x * x)))


def _log2(x: Real) -> Real:
    return bounded.log(x) * constant(1 / LN2, x)


def _log10(x: Real) -> Real:
    return bounded.log2(x) * constant(LN2 / LN10, x)


def _is_half(x: Real) -> bool:
    """Whether each number is one of float16."""
    with np.errstate(all="ignore"):
        return np.array_equal(x.value.astype(np.float16).astype(x.value.dtype), x.value, equal_nan=True)


def _of_finite(formula: Formula, right: Formula) -> Formula:
    """``formula``, except where ``right`` is not finite: not all steps of all compilers lose an infinity."""

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


def _flat_at_zero(function: Formula) -> Formula:
    """The sign of 0 is 0, and so is the gradient of a product with it."""
    return lambda x: bounded.where(np.asarray(x.value == 0), 0.0, function(x))


def _with_slope(function: Formula, slope: Formula) -> Formula:
    return lambda x: with_gradient(function(x), x, lambda g, _: g * slope(bounded.saved(x)))


def _of_exponentials(function: Formula, slope: Formula, sign: int) -> Formula:
    """Infinite where the rounded x · log2(e), of either sign, is the exponent of no number."""

    def made(x: Real) -> Real:
        double = x.value.dtype == np.longdouble
        form, end = ("float64", 1024) if double else ("float32", 128)
        with np.errstate(over="ignore"):
            beyond = np.asarray(np.abs(x.value.astype(form) * np.asarray(1 / LN2, form)) >= end)

        def pull(g: Real, _: Real) -> Real:
            half, a = 0.5 * g, bounded.saved(x)
            whole = either_known(g * slope(a), half * _exp(a) + sign * (half * _exp(-a)))
            infinite = np.where(g.value == 0, np.nan, np.copysign(np.inf, g.value * x.value if sign < 0 else g.value))
            return bounded.where(beyond, Real(infinite.astype(x.value.dtype)), whole)

        return with_gradient(function(x), x, pull)

    return made


_sin = _with_slope(bounded.sin, _cos)

DIFFERENTIATED: Mapping[str, tuple[Formula, ...]] = {
    **{op: (formula,) for op, (formula, _) in FORMULAS.items()},
    **{op: (_flat_at_zero(FORMULAS[op][0]),) for op in ("asin", "acos", "atan")},
    "sinh": (_of_exponentials(_sinh, _cosh, 1),),
    "cosh": (_of_exponentials(_cosh, _sinh, -1),),
    "sin": (_sin,),
    "cos": (lambda x: _sin(constant(HALF_PI, x) - x),),
    "tan": (lambda x: _sin(x) / _sin(constant(HALF_PI, x) - x),),
    "pow": (by_logarithm,),
    "erf": (_erf,),
}

HYPOTHESES = (
    by_formula(
        "by_a_textbook",
        "the function is made of others by a formula of a textbook",
        {op: (_of_finite(*both), both[0]) for op, both in FORMULAS.items()}
        | {"pow": (by_logarithm,)}
        | {op: (_of_finite(f, right), _kept_in_half(f)) for op in ("sinh", "cosh") for f, right in [FORMULAS[op]]},
        VALUE,
        looser=True,
    ),
    by_formula(
        "textbook_differentiated",
        "the gradient is that of a formula of a textbook, step by step",
        DIFFERENTIATED,
        ("gradient",),
        looser=True,
    ),
)
