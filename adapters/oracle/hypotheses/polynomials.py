"""Mistakes of exponentials, logarithms and hyperbolic tangents that have too few terms, and of what is made of them.

Measured on MindSpore 2.10, whose vectorized kernels for the CPU make all of them but one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.bent import SELU, above
from opassay.adapters.oracle.bounded.elementary import LN2, LN10
from opassay.adapters.oracle.bounded.profiles import FEW_TERMS
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, by_formula, computed_by, one_or_other
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.numeric_model import NumericModel

Real = bounded.Real

EXPONENTIALS = (
    *("exp", "expm1", "sigmoid", "silu", "swiglu", "tanh", "mish", "elu", "selu", "celu", "softplus", "log_sigmoid"),
    *("softmax", "log_softmax", "logsumexp", "logaddexp", "erf", "erfc", "gelu", "pow", "cross_entropy"),
    *("binary_cross_entropy_with_logits", "tanh_shrink"),
)
SHORT_LN2 = np.longdouble("0.693147")
TRUNCATED = 2 / 13 / 3.0**13 / (1 - 1 / 9)
"""What the series 2 (z + z³/3 + … + z¹¹/11) leaves out at most: z = (m - 1) / (m + 1) is at most 1/3."""

NEAR_ONE = 3 * 2.0**-24
"""XNNPACK's logarithm of float32 from 1/2 to 2: at most 2.73 · 2**-24 among 2.4 million numbers (LiteRT 2.3)."""


def _asked(question: Question) -> Iterator[References]:
    yield ask(question)


def _of_few_terms(model: NumericModel) -> NumericModel:
    return replace(model, functions="few-terms")


def _log(x: Real) -> Real:
    """n · 0.693147 and the logarithm of x / 2ⁿ, which cancel below 1; what fills no vector is right."""
    whole = np.asarray(np.isfinite(x.value) & (x.value > 0))
    part, n = np.frexp(np.where(whole, x.value, 1))
    rest = bounded.log(Real((2 * part).astype(x.value.dtype), (x,), lambda _, error: error / np.ldexp(1.0, n - 1)))
    short = Real(rest.value, (rest,), lambda _, error: error + TRUNCATED)
    y = bounded.where(whole, Real((n - 1).astype(x.value.dtype)) * constant(SHORT_LN2, x) + short, bounded.log(x))
    return with_gradient(one_or_other(y, bounded.log(x)), x, lambda g, _: g / bounded.saved(x))


def _log_of_bits(x: Real) -> Real:
    """Of a subnormal float32 the fraction is read as if 1 stood before it: (1 + s) / 2 for s times the least normal."""
    least = 2.0**-126
    if x.value.dtype == np.longdouble:
        return _log(x)
    read = bounded.where(np.asarray(x.value < least), (1 + x / least) * (least / 2), x)
    return one_or_other(_log(read), bounded.log(x))


def _log_near_one(x: Real) -> Real:
    """Infinite as well from √2 · 2¹²⁷ on: the exponent is the nearest, and float32 has no 128."""
    y, near = bounded.log(x), np.asarray((x.value > 0.5) & (x.value < 2))
    whole = Real(y.value, (y,), lambda _, error: error + np.where(near, NEAR_ONE, 0.0), lambda g, _: (g,))
    return _infinite(np.asarray(x.value >= np.sqrt(2) * 2.0**127), whole)


def _infinite(there: np.ndarray, y: Real) -> Real:
    return bounded.where(there, Real(np.full(y.shape, np.inf).astype(y.value.dtype)), y)


def _overflows_early(function: Formula) -> Formula:
    return lambda x: _infinite(np.asarray(x.value >= 127.5 * LN2), function(x))


def _exp_in_steps(x: Real) -> Real:
    """2 to the power of the rounded x · log2(e), 0 where that is subnormal."""
    lost = np.asarray(x.value < np.log(FORMATS["float32"].smallest_normal))
    return _infinite(
        np.asarray(x.value >= 127.5 * LN2), bounded.where(lost, 0.0, bounded.exp2(x * constant(1 / LN2, x)))
    )


def _xlogy(x: Real, y: Real) -> Real:
    nothing = np.asarray(x.value == 0)
    return bounded.where(nothing, 0.0, x * _log_near_one(bounded.where(nothing, 1.0, y)))


def _divergence(target: Real, x: Real, reduction: str | bool) -> Real:
    return bounded.reduced(bounded.unsigned(_xlogy(target, target) - target * x), reduction)


def _cross_entropy(target: Real, x: Real, reduction: str | bool) -> Real:
    above = bounded.maximum(x, 0.0) - x * target
    return bounded.reduced(above + _log_near_one(1 + bounded.exp(-bounded.absolute(x))), reduction)


def _softplus(x: Real) -> Real:
    return _log_near_one(1 + bounded.exp(x))


def _log_sigmoid_of(softplus: Formula) -> Formula:
    return lambda x: bounded.unsigned(-softplus(-x))


def _log2(x: Real) -> Real:
    return _log(x) * constant(1 / LN2, x)


def _log10(x: Real) -> Real:
    return _log(x) * constant(1 / LN10, x)


def _log1p(x: Real) -> Real:
    return _log(1 + x)


def _expm1(x: Real) -> Real:
    return bounded.exp(x) - 1


def _selu(x: Real) -> Real:
    scale, _ = SELU

    def pull(g: Real, this: Real) -> Real:
        return bounded.where(above(x), g * scale, g * (scale * (bounded.saved(this) + 1)))  # type: ignore[operator]

    return with_gradient(bounded.selu(x), x, pull)


def _end(x: Real) -> float:
    """The logarithm of the largest number of the computing format."""
    return float(np.log(FORMATS["float64" if x.value.dtype == np.longdouble else "float32"].largest))


def _nowhere(x: Real, lost: np.ndarray, y: Real) -> Real:
    return bounded.where(lost, Real(np.full(x.shape, np.nan).astype(x.value.dtype)), y)


def _mish(x: Real) -> Real:
    """x times (e - 1) / (e + 1), where e is exp of twice the softplus."""
    softplus = bounded.log(1 + bounded.exp(x))
    return _nowhere(x, np.asarray(x.value > _end(x) / 2), bounded.unsigned(x * bounded.tanh(softplus)))


ENDS = {
    "float16": (-np.log(65504),),
    "float32": (-125.5 * LN2, -127.5 * LN2, -np.log(FORMATS["float32"].largest)),
    "float64": (-np.log(FORMATS["float64"].largest), np.log(FORMATS["float64"].smallest_normal)),
}
"""Below these the quotient 1 / (1 + exp(-x)) is 0: exp overflows, its exponent is 126 or 128, or it is flushed."""


def _log_sigmoid(x: Real, end: float, flushed: np.ndarray, lost: np.ndarray, told: np.ndarray) -> Real:
    """The logarithm of 1 / (1 + exp(-x)), 0 below ``end``, and its gradient from that, which is 0 · ∞ there.

    ``flushed``: where that quotient is subnormal, and a thread that flushes answered. ``lost``: where g divided by a
    subnormal quotient, or any, overflows; that leaves NaN or infinity, as ``told``.
    """
    gone = np.asarray(x.value < end) | flushed
    share = 1 / (1 + bounded.exp(-x))
    y = bounded.where(gone, Real(np.full(x.shape, -np.inf).astype(x.value.dtype)), _log_of_bits(share))

    def pull(g: Real, _: Real) -> Real:
        one = bounded.saved(share)
        endless = bounded.where(lost, Real(told.astype(x.value.dtype)), g / one * (one * (1 - one)))
        return _nowhere(x, gone, endless)

    return bounded.unsigned(with_gradient(y, x, pull))


def _logarithm_of_sigmoid(question: Question) -> Iterator[References]:
    name = dtypes.dtype_name(question.inputs[0])
    x = dtypes.widen(question.inputs[0])
    given = question.answers[0] if question.answers else None
    answer = x if given is None or given.shape != x.shape else dtypes.widen(given)
    lost, told = np.zeros(x.shape, dtype=bool), np.full(x.shape, np.nan)
    off = FEW_TERMS["exp"] * 2.0**-23 if name == "float32" else 0.0
    subnormal = (x < np.log(FORMATS[name].smallest_normal) + off) & (name != "float16")
    flushed = subnormal & (np.isnan(answer) if question.gradient else np.isinf(answer))
    if question.gradient and question.cotangents[0] is not None:
        g = dtypes.widen(question.cotangents[0])
        with np.errstate(all="ignore"):
            share = 1 / (1 + np.exp(-x))
            lost = (share < FORMATS[name].smallest_normal) | (np.abs(g) > FORMATS[name].largest * share)
        lost &= ~np.isfinite(answer) & np.isfinite(g)
        told = np.where(np.isinf(answer), np.copysign(np.inf, g), np.nan)
        # The quotient was kept, but not its product with 1 - quotient.
        nothing = subnormal & (answer == 0) & (g != 0)
        lost, told = lost | nothing, np.where(nothing, answer, told)
    for end in ENDS.get(name, ENDS["float32"]):
        yield from computed_by(partial(_log_sigmoid, end=end, flushed=flushed, lost=lost, told=told))(question)


def _as_told(model: NumericModel) -> NumericModel:
    """What is flushed is seen in the answer."""
    return replace(model, flushes=False)


def _infinite_shift(question: Question) -> Iterator[References]:
    """The largest element is subtracted from all, itself included."""
    (found,) = ask(question)
    lost = np.isinf(found.exact)
    if lost.any():
        yield (replace(found, exact=np.where(lost, np.nan, found.exact)),)


HYPOTHESES = (
    Hypothesis(
        "few_terms",
        "exp and tanh have errors of hundreds of units: a polynomial of few terms, an ln 2 of six digits",
        _asked,
        EXPONENTIALS,
        model=_of_few_terms,
        looser=True,
    ),
    by_formula(
        "log_of_six_digits",
        "the ln 2 of a logarithm has six digits: below 1 nothing else is left",
        {"log": (_log,), "log2": (_log2,), "log10": (_log10,), "log1p": (_log1p,)},
        looser=True,
    ),
    by_formula(
        "log_of_absolute_error",
        "the logarithm has an absolute error, not a relative one, about 1",
        {
            "log": (_log_near_one,),
            "log1p": (lambda x: bounded.unsigned(_log_near_one(1 + x)),),
            "softplus": (_overflows_early(_softplus),),
            "log_sigmoid": (_log_sigmoid_of(_overflows_early(_softplus)),),
            "xlogy": (_xlogy,),
            "kl_div": (_divergence,),
            "binary_cross_entropy_with_logits": (_cross_entropy,),
        },
        VALUE,
        looser=True,
    ),
    by_formula(
        "exponent_rounded_up",
        "exp is infinite from 127½ · ln 2 on, where its exponent rounds to 128, and so is what is made of it",
        {
            "exp": (_overflows_early(bounded.exp), _exp_in_steps),
            "expm1": (_overflows_early(bounded.expm1),),
            "softplus": (_overflows_early(bounded.softplus),),
            "log_sigmoid": (_log_sigmoid_of(_overflows_early(bounded.softplus)),),
        },
        VALUE,
        looser=True,
    ),
    by_formula(
        "expm1_by_exp",
        "exp(x) - 1 is computed as written",
        {"expm1": (_expm1, lambda x: _exp_in_steps(x) - 1)},
        looser=True,
    ),
    by_formula(
        "scale_without_alpha",
        "the gradient of selu is scale · (y + 1), as if alpha were 1: of another sign below -1",
        {"selu": (_selu,)},
        ("gradient",),
    ),
    by_formula("quotient_of_squares", "tanh of softplus is NaN where exp of twice it overflows", {"mish": (_mish,)}),
    Hypothesis(
        "logarithm_of_sigmoid",
        "the logarithm of sigmoid: -inf where that is 0, and 0 where it rounds to 1",
        _logarithm_of_sigmoid,
        ("log_sigmoid",),
        model=_as_told,
        looser=True,
        independent=True,
    ),
    Hypothesis("infinite_shift", "NaN where an infinite element is subtracted", _infinite_shift, ("logsumexp",), VALUE),
)
