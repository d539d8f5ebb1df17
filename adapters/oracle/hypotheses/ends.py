"""Mistakes at the ends of a format: intermediate results overflow or underflow although the answer does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.activations import ROOT_HALF
from opassay.adapters.oracle.bounded.elementary import LN2, ROOT_PI
from opassay.adapters.oracle.bounded.formats import CORRECT, sizes, ulp
from opassay.adapters.oracle.bounded.forms import either_known
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.bounded.sums import fit
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, by_formula, computed_by, one_or_other
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.adapters.oracle.linear import wide
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question

Real = bounded.Real


def _largest(x: Real) -> np.longdouble:
    """The largest number of the computing format; narrower formats than float32 are computed in float32."""
    return np.longdouble(FORMATS["float64" if x.value.dtype == np.longdouble else "float32"].largest)


def _as(value: np.ndarray, x: Real) -> Real:
    return Real(np.asarray(value).astype(x.value.dtype))


def too_early(y: Real, x: Real, there: np.ndarray | bool = True) -> Real:
    """``y``, infinite where exp(|x|) overflows, if it is ``there``."""
    beyond = np.asarray(np.abs(x.value) > np.log(_largest(x))) & there
    return bounded.where(beyond, _as(np.copysign(np.inf, y.value), x), y)


SLOPES = {"sinh": (bounded.sinh, bounded.cosh), "cosh": (bounded.cosh, bounded.sinh)}


def _exponential_overflows(question: Question) -> Iterator[References]:
    """The scalar tail of a vector loop is correct."""
    function, slope = SLOPES[question.op]
    there = _told(question, question.inputs[0], lambda told: ~np.isfinite(told))

    def formula(x: Real) -> Real:
        y = too_early(function(x), x, there)
        return with_gradient(y, x, lambda g, _: g * too_early(slope(bounded.saved(x)), x, there))

    yield from computed_by(formula)(question)


def _exp_of_128(x: Real, fused: bool = True) -> Real:
    """2ⁿ as float32 bits has no exponent 128: infinite from 127½ · ln 2 on, and NaN for NaN.

    The ln 2 that is subtracted n times is one float32, or is split in two; the product is rounded unless it is
    ``fused`` with the subtraction.
    """
    lost = np.asarray(~(x.value < 127.5 * LN2))
    n = np.where(np.isfinite(x.value), np.rint(np.clip(x.value / LN2, -150, 128)), 0)
    off = np.where(fused, 0.0, CORRECT * ulp(sizes(n * LN2), "float32"))
    less = Real(x.value - n * (np.float32(LN2) - LN2).astype(x.value.dtype), (x,), lambda _, error: error + off)
    return bounded.where(lost, _as(np.full(x.shape, np.inf), x), one_or_other(bounded.exp(x), bounded.exp(less)))


def _exp_not_fused(x: Real) -> Real:
    return _exp_of_128(x, False)


LEAST = {"float64": -709.784, "float32": -88.723}
"""cst_exp_lo of pexp_double and pexp_float in Eigen's GenericPacketMathFunctions.h: smaller x are clamped to it."""


def _exp_from_least(x: Real) -> Real:
    least = LEAST["float64" if x.value.dtype == np.longdouble else "float32"]
    y = bounded.exp(bounded.where(x.value < least, least, x))
    return with_gradient(y, x, lambda g, this: g * bounded.saved(this))


def _erf_from_least(x: Real) -> Real:
    def pull(g: Real, _: Real) -> Real:
        a = bounded.saved(x)
        return g * (constant(2 / ROOT_PI, x) * _exp_from_least(-(a * a)))

    return with_gradient(bounded.erf(x), x, pull)


def _log_sigmoid_from_least(x: Real) -> Real:
    """Its gradient is g · exp(-x - t) / (exp(-t) + exp(-x - t)), where t is the larger of -x and 0."""

    def pull(g: Real, _: Real) -> Real:
        a = bounded.saved(x)
        most = bounded.maximum(-a, 0.0)
        share = _exp_from_least(-a - most)
        return g * (share / (_exp_from_least(-most) + share))

    return with_gradient(bounded.log_sigmoid(x), x, pull)


def _celu_from_least(x: Real, alpha: float) -> Real:
    def pull(g: Real, _: Real) -> Real:
        low = g * _exp_from_least(bounded.minimum(bounded.saved(x), 0.0) / alpha)
        return bounded.where(x.value > 0, g, low)

    return with_gradient(bounded.celu(x, alpha), x, pull)


def _logaddexp_from_least(x: Real, y: Real) -> Real:
    """The share of an operand is the exponential of what it is less than the answer, or than the larger one."""
    whole = bounded.logaddexp(x, y)

    def share(a: Real) -> Real:
        less, high = a - bounded.saved(whole), bounded.maximum(x, y)
        parts = [_exp_from_least(each - high) for each in (a, x, y)]
        return either_known(_exp_from_least(less), parts[0] / (parts[1] + parts[2]))

    def pull(g: Real, _: Real) -> tuple[Real | None, ...]:
        a, b = bounded.saved(x), bounded.saved(y)
        return None, fit(g * share(a), x.shape), fit(g * share(b), y.shape)

    return Real(whole.value, (whole, x, y), lambda _, error, *of: error, pull)


def _exp_of_126(x: Real) -> Real:
    lost = np.asarray(x.value < -125.5 * LN2)
    return bounded.where(lost, _as(np.zeros(x.shape), x), bounded.exp(x))


def _sigmoid_of_126(x: Real) -> Real:
    """exp is twice 2ⁿ⁻¹ times a polynomial, which is 0 for n = -126."""
    lost = np.asarray(x.value < -125.5 * LN2)
    return bounded.where(lost, _as(np.zeros(x.shape), x), bounded.sigmoid(x))


def _silu_of_126(x: Real) -> Real:
    return bounded.unsigned(x * _sigmoid_of_126(x))


def _swiglu_of_126(a: Real, b: Real) -> Real:
    return bounded.unsigned(_silu_of_126(a) * b)


TANH = (17.6610191624600077, 17.714196154005176)
"""Where ptanh_double of Eigen's GenericPacketMathFunctions.h is 1, with FMA and without."""


def _tanh_from(end: float) -> Formula:
    def tanh(x: Real) -> Real:
        """The scalar tail of a vector loop is correct."""
        y = bounded.tanh(x)
        return one_or_other(y, bounded.where(np.asarray(np.abs(x.value) >= end), _as(np.sign(x.value), x), y))

    return tanh


def _answered(question: Question, lost: np.ndarray, value: float | np.ndarray) -> Iterator[References]:
    """The correct answer, but ``value`` where it is lost."""
    (found,) = ask(question)
    if lost.any():
        yield (replace(found, exact=np.where(lost, value, found.exact)),)


def _told(question: Question, lost: np.ndarray, what: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Where ``what`` holds for the given answer; everywhere if no answer is given."""
    told = question.answers[0] if question.answers else None
    if told is None or told.shape != lost.shape:
        return np.full(lost.shape, not question.answers)
    return what(dtypes.widen(told))


def _square_overflows(question: Question) -> Iterator[References]:
    x = wide(question.inputs[0])
    with np.errstate(all="ignore"):
        lost = x * x > FORMATS[dtypes.dtype_name(question.inputs[0])].largest
    yield from _answered(question, lost, np.nan)


def _quotient_overflows(question: Question) -> Iterator[References]:
    name = dtypes.dtype_name(question.inputs[0])
    if not dtypes.is_float(name):
        return
    a, b = (wide(x) for x in question.inputs)
    largest = FORMATS["float64" if name == "float64" else "float32"].largest
    with np.errstate(all="ignore"):
        lost = np.isfinite(a) & np.isfinite(b) & (np.abs(a / b) > largest)
    # The scalar tail of a vector loop is correct.
    yield from _answered(question, lost & _told(question, lost, np.isnan) & (b != 0), np.nan)


LOG_GAMMA = {"float64": 2e305, "float32": 4e36}
"""Beyond it "may return infinity instead of the correct value": SLEEF, of Sleef_lgamma_u10 and Sleef_lgammaf_u10."""


def _infinite_early(question: Question) -> Iterator[References]:
    name = dtypes.dtype_name(question.inputs[0])
    lost = wide(question.inputs[0]) > LOG_GAMMA["float64" if name == "float64" else "float32"]
    yield from _answered(question, lost & _told(question, lost, np.isinf), np.inf)


def _slope_first(question: Question) -> Iterator[References]:
    """g · x / 2 · 2/√π overflows: infinite, or NaN where the exponential factor is 0."""
    if question.cotangents[0] is None or question.attributes.get("approximate"):
        return
    x, g = wide(question.inputs[0]), wide(question.cotangents[0])
    form = FORMATS["float64" if dtypes.dtype_name(question.inputs[0]) == "float64" else "float32"]
    with np.errstate(all="ignore"):
        x, g = x * ROOT_HALF, g * x / 2
        lost = np.isfinite(g) & (np.abs(g) * (2 / ROOT_PI) > form.largest)
        nothing = 2 * np.exp(-np.square(x)) < form.smallest_subnormal
    (found,) = ask(question)
    yield from _answered(question, lost, np.where(nothing, np.nan, np.copysign(np.inf, found.exact)))


def _out_of_range(question: Question) -> Iterator[References]:
    """Within its bound, but above 1 or below -1, for example."""
    found = ask(question)
    if any(r.span is not None for r in found):
        yield tuple(replace(r, span=None) for r in found)


HYPOTHESES = (
    Hypothesis(
        "exponential_overflows",
        "exp(|x|) overflows where half of it does not",
        _exponential_overflows,
        tuple(SLOPES),
        independent=True,
    ),
    by_formula(
        "exponent_128",
        "exp is infinite from where its exponent is 128, and of NaN",
        {"exp": (_exp_of_128, _exp_not_fused)},
        VALUE,
    ),
    by_formula(
        "exp_from_least",
        "exp is never less than that of a number which it takes smaller ones for",
        {
            "exp": (_exp_from_least,),
            "erf": (_erf_from_least,),
            "log_sigmoid": (_log_sigmoid_from_least,),
            "celu": (_celu_from_least,),
            "logaddexp": (_logaddexp_from_least,),
        },
    ),
    by_formula(
        "exponent_126",
        "exp(x) is taken for 0 from where its exponent is -126",
        {
            "exp": (_exp_of_126,),
            "sigmoid": (_sigmoid_of_126,),
            "silu": (_silu_of_126,),
            "swiglu": (_swiglu_of_126,),
        },
        VALUE,
    ),
    by_formula(
        "one_too_early",
        "the hyperbolic tangent is 1 before it rounds to 1",
        {"tanh": tuple(map(_tanh_from, TANH))},
        VALUE,
    ),
    Hypothesis("square_overflows", "NaN where x² overflows", _square_overflows, ("erf",), ("value",)),
    Hypothesis("infinite_early", "infinite before the answer overflows", _infinite_early, ("lgamma",), VALUE),
    Hypothesis(
        "quotient_overflows", "NaN where a / b overflows", _quotient_overflows, ("remainder", "fmod"), ("value",)
    ),
    Hypothesis(
        "slope_multiplied_first",
        "the gradient is multiplied by 2/√π before the exponential, and overflows",
        _slope_first,
        ("gelu",),
        ("gradient",),
    ),
    Hypothesis(
        "out_of_range", "a value within its bound, but beyond any that the function has", _out_of_range, (), ("value",)
    ),
)
