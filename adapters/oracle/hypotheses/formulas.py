"""Mistakes of element-wise functions: formulas that lose precision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.activations import ROOT_HALF
from opassay.adapters.oracle.bounded.elementary import LN2, LN10, ROOT_PI
from opassay.adapters.oracle.bounded.formats import Formats, sizes
from opassay.adapters.oracle.bounded.real import constant, leaf, with_gradient
from opassay.adapters.oracle.bounded.reverse import gradients
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, by_formula, in_single, one_or_other
from opassay.adapters.oracle.hypotheses.steps import exp2, in_steps
from opassay.adapters.oracle.linear import wide
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question, References
from opassay.harness.model.numeric_model import NumericModel

Real = bounded.Real

TWO_OVER_ROOT_PI = 2 / ROOT_PI


def _exp2(x: Real) -> Real:
    return bounded.exp(x * constant(LN2, x))


def _exp2_rounded(x: Real) -> Real:
    """exp2 of the rounded product in float64, which may be below the overflow limit when x is not."""
    if x.value.dtype != np.longdouble:
        return _exp2(x)
    y = bounded.exp(leaf((x.value * np.float64(LN2)).astype(np.float64)))
    return with_gradient(y, x, lambda g, this: g * bounded.saved(this) * constant(LN2, x))


def _asin_by_atan2(x: Real) -> Real:
    return 2 * bounded.atan2(x, 1 + bounded.sqrt(1 - x * x))


def _erfc(x: Real) -> Real:
    """Above 1: exp(-x²) times the remaining factor, whose error is that of the function itself."""
    e, y = bounded.exp(-(x * x)), bounded.erfc(x)

    def local(_: Formats, of_e: np.ndarray, of_y: np.ndarray) -> np.ndarray:
        return np.where(x.value > 1, of_y + sizes(y.value / e.value) * of_e, of_y)

    return Real(y.value, (e, y), local, span=y.span)


FIVE = tuple(map(np.longdouble, ("0.254829592", "-0.284496736", "1.421413741", "-1.453152027", "1.061405429")))
"""M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, formula 7.1.26, with p below: error 1.5·10⁻⁷."""

P = np.longdouble("0.3275911")


def _erf(x: Real) -> Real:
    size = bounded.absolute(x)
    t = 1 / (1 + P * size)
    total = constant(FIVE[-1], x)
    for coefficient in FIVE[-2::-1]:
        total = total * t + constant(coefficient, x)
    whole = 1 - total * t * bounded.exp(-(size * size))
    sign = np.where(np.signbit(x.value), -1.0, 1.0)
    y = whole * Real(sign.astype(x.value.dtype))
    return with_gradient(y, x, lambda g, _: g * (bounded.exp(-bounded.square(bounded.saved(x))) * TWO_OVER_ROOT_PI))


def _gelu_slope(x: Real, approximate: bool) -> Real:
    """Its gradient by that erf, or by erf itself in the scalar tail; no mistake where gelu has no erf."""
    if approximate:
        return bounded.gelu_tanh(x)

    def pull(g: Real, _: Real) -> Real:
        scaled = bounded.saved(x) * ROOT_HALF
        bell = bounded.saved(x) * (bounded.exp(-bounded.square(scaled)) * (TWO_OVER_ROOT_PI * ROOT_HALF / 2))
        by_terms, by_itself = (g * (0.5 * (1 + erf(scaled)) + bell) for erf in (_erf, bounded.erf))
        return one_or_other(by_terms, by_itself)

    return with_gradient(bounded.gelu(x), x, pull)


def _log1p(x: Real) -> Real:
    """x · log(u) / (u - 1), where u is the rounded 1 + x: W. Kahan's."""
    name = "float64" if x.value.dtype == np.longdouble else "float32"
    u = wide(dtypes.narrow(1 + x.value, name))
    with np.errstate(all="ignore"):
        plain = (u == 1) | ~np.isfinite(u) | (u <= 0)
    near = leaf(np.where(plain, 2, u).astype(name))
    return bounded.where(plain, bounded.log1p(x), x * (bounded.log(near) / (near - 1)))


def _expm1(x: Real) -> Real:
    """x · (u - 1) / log(u), where u is the rounded exp(x): W. Kahan's."""
    name = "float64" if x.value.dtype == np.longdouble else "float32"
    with np.errstate(all="ignore"):
        u = wide(dtypes.narrow(np.exp(x.value), name))
    plain = (u == 1) | ~np.isfinite(u) | (u - 1 == -1)
    near = leaf(np.where(plain, 2, u).astype(name))
    return bounded.where(plain, bounded.expm1(x), x * ((near - 1) / bounded.log(near)))


def _sigmoid(x: Real) -> Real:
    """Below 0: 1 - 1 / (1 + exp(x))."""
    return bounded.where(bounded.less(x, 0.0), 1 - 1 / (1 + bounded.exp(-bounded.absolute(x))), bounded.sigmoid(x))


def _silu(x: Real) -> Real:
    return bounded.unsigned(x * _sigmoid(x))


def _swiglu(a: Real, b: Real) -> Real:
    return bounded.unsigned(_silu(a) * b)


def _log10(x: Real) -> Real:
    """Its gradient is g / (x · ln 10), whose divisor may overflow."""
    return with_gradient(bounded.log10(x), x, lambda g, _: g / (bounded.saved(x) * constant(LN10, x)))


def _turned(function: Formula) -> Formula:
    """The angle minus n · π/2, where π/2 is rounded and not split: inaccurate where n is large."""

    def turned(x: Real) -> Real:
        right = 2 * np.arctan(np.longdouble(1))
        name = np.float64 if x.value.dtype == np.longdouble else np.float32
        n = np.where(np.isfinite(x.value), np.rint(x.value / right), 0)
        moved = (x.value + n * (right - name(right))).astype(x.value.dtype)
        return one_or_other(function(x), function(Real(moved, (x,), lambda _, error: error)))

    return turned


def _one_added(x: Real) -> Real:
    """By (1 + x) / 2, which loses small x, and may be 1 before x is."""
    name = "float64" if x.value.dtype == np.longdouble else "float32"
    # In the input's format: a longdouble sum would be rounded twice.
    left = wide(dtypes.narrow(x.value, name) + np.dtype(name).type(1)) - 1
    y = bounded.erfinv(leaf(dtypes.narrow(left, name)))

    def pull(g: Real, this: Real) -> Real:
        return g * (constant(ROOT_PI / 2, x) * bounded.exp(bounded.saved(this) * bounded.saved(this)))

    return with_gradient(y, x, pull)


def _one_added_anywhere(x: Real) -> Real:
    """Beyond 1 infinite as at 1; -0 becomes 0."""
    beyond = np.asarray(np.abs(x.value) > 1)
    infinite = Real(np.copysign(np.inf, x.value).astype(x.value.dtype))
    return bounded.unsigned(bounded.where(beyond, infinite, _one_added(x)))


def _sinc(x: Real) -> Real:
    """The gradient of the quotient everywhere: NaN at 0."""
    y = bounded.sinc(x)

    def pull(g: Real, _: Real) -> Real:
        (slope,) = gradients([y], [g], [x])
        assert slope is not None
        return bounded.where(x.value == 0, np.nan, slope)

    return with_gradient(y, x, pull)


def _as_eigen(model: NumericModel) -> NumericModel:
    return replace(model, functions="eigen")


def _as_opencl(model: NumericModel) -> NumericModel:
    return replace(model, functions="opencl")


_EXP2 = by_formula("exp2_by_exp", "2^x is exp(x · ln 2), whose product is rounded", {"exp2": (_exp2_rounded, _exp2)})


def _exp2_answers(question: Question) -> Iterable[References]:
    by_steps = in_steps({"exp2": (exp2,)}, question) if question.gradient else ()
    return chain(_EXP2.answers(question), by_steps)


HYPOTHESES = (
    by_formula(
        "beyond_its_page",
        "a function errs by more than its documentation says, and by less than OpenCL allows",
        {"acos": (bounded.acos,), "tan": (bounded.tan,)},
        VALUE,
        model=_as_opencl,
        looser=True,
    ),
    by_formula(
        "beyond_opencl",
        "a function errs by somewhat more than OpenCL allows, as Eigen's does",
        {"acos": (bounded.acos,), "asin": (bounded.asin,), "log": (bounded.log,), "tanh": (bounded.tanh,)},
        VALUE,
        model=_as_eigen,
        looser=True,
    ),
    replace(_EXP2, answers=_exp2_answers, independent=False),
    by_formula(
        "asin_of_parts",
        "the arcsine is made of others, one of which is subnormal",
        {"asin": (_asin_by_atan2,)},
        VALUE,
    ),
    by_formula("erfc_by_exp", "erfc is a product with exp(-x²), in which x² is rounded", {"erfc": (_erfc,)}, VALUE),
    by_formula(
        "erf_by_difference",
        "erf is 1 less a sum of five terms, at 0 as well",
        {"erf": (_erf,), "gelu": (_gelu_slope,)},
        model=in_single,
    ),
    by_formula(
        "sigmoid_by_difference",
        "below 0, the sigmoid is a difference of numbers near 1",
        {"sigmoid": (_sigmoid,), "silu": (_silu,), "swiglu": (_swiglu,)},
        VALUE,
        looser=True,
    ),
    by_formula(
        "log1p_by_quotient",
        "log(1 + x) is x · log(u) / (u - 1), of several roundings",
        {"log1p": (_log1p,)},
        VALUE,
        looser=True,
    ),
    by_formula(
        "expm1_by_quotient",
        "exp(x) - 1 is x · (u - 1) / log(u), of several roundings",
        {"expm1": (_expm1,)},
        VALUE,
        looser=True,
    ),
    by_formula(
        "quotient_not_chosen",
        "the gradient at 0 is that of 0 / 0, which a selection multiplies by 0 but does not drop",
        {"sinc": (_sinc,)},
        ("gradient",),
    ),
    by_formula(
        "divisors_multiplied",
        "the divisors of a gradient are multiplied first, and overflow",
        {"log10": (_log10,)},
        ("gradient",),
    ),
    by_formula(
        "pi_in_one_part",
        "n · π/2 is taken from an angle, and this π is rounded",
        {"sin": (_turned(bounded.sin),), "cos": (_turned(bounded.cos),)},
        VALUE,
    ),
    by_formula(
        "added_to_one",
        "1 is added to the operand first, which loses what is small, and rounds to 2 before x is 1",
        {"erfinv": (_one_added, _one_added_anywhere)},
    ),
)
