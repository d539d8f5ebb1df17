"""Mistakes of losses: formulas that cancel, and products with 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.adapters.oracle.bounded.reverse import gradients
from opassay.adapters.oracle.hypotheses.computed import by_formula, computed_by
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question


def _by_difference(target: Real, x: Real, reduction: str | bool, dtype: str) -> Real:
    """As ATen has it; the gradient by the target is a difference of logarithms of the rounded sigmoid."""
    whole = bounded.binary_cross_entropy_by_difference(target, x)
    form = FORMATS[dtype]

    def pull(g: Real, _: Real) -> tuple[Real | None, ...]:
        share = bounded.sigmoid(bounded.saved(x))
        rest = 1 - share
        of_target = g * (_log(rest, form.unit_roundoff / 2) - _log(share, form.smallest_subnormal / 2))
        of_x = (form for form in gradients([whole], [g], [x]) if form is not None)
        return None, of_target, bounded.either(g * (share - bounded.saved(target)), *of_x)

    each = Real(whole.value, (whole, target, x), lambda _, error, *of: error, pull)
    return bounded.reduced(each, reduction)


def _softplus_less_product(target: Real, x: Real, reduction: str | bool) -> Real:
    """As MLX has it."""
    return bounded.reduced(bounded.unsigned(bounded.softplus(x) - x * target), reduction)


def _of_maximum(target: Real, x: Real, reduction: str | bool) -> Real:
    """As MindSpore has it: the maximum is subtracted within the logarithm, and added again."""
    most = bounded.maximum(-x, 0.0)
    rest = bounded.log(bounded.exp(-most) + bounded.exp(-x - most))
    return bounded.reduced(bounded.unsigned((1 - target) * x + (rest + most)), reduction)


def _log(share: Real, lost: float) -> Real:
    """The logarithm of what is 0 below ``lost``."""
    nothing = np.asarray(share.value < lost)
    return bounded.where(nothing, -np.inf, bounded.log(bounded.where(nothing, 1.0, share)))


def _differing(question: Question) -> Iterator[References]:
    dtype = dtypes.dtype_name(question.inputs[1])
    yield from computed_by(partial(_by_difference, **question.attributes, dtype=dtype))(question)
    yield from computed_by(partial(_softplus_less_product, **question.attributes))(question)


def _slopes_at_zero(target: Real, x: Real, reduction: str | bool) -> Real:
    """At 0, max(x, 0) has slope 0 and |x| slope 1."""
    whole = bounded.binary_cross_entropy(target, x)

    def pull(g: Real, _: Real) -> tuple[Real | None, ...]:
        of_target, of_x = (form for form in gradients([whole], [g], [target, x]) if form is not None)
        return None, of_target, bounded.where(x.value == 0, g * (-0.5 - bounded.saved(target)), of_x)

    each = Real(whole.value, (whole, target, x), lambda _, error, *of: error, pull)
    return bounded.reduced(each, reduction)


def _huber_slope(target: Real, x: Real, delta: float, reduction: str | bool) -> Real:
    """As of m² / 2 + delta · (|d| - m) with m = min(|d|, delta): m has two shares of the gradient."""
    d = x - target
    size = bounded.absolute(d)
    near = bounded.less_equal(size, delta)

    def pull(g: Real, _: Real) -> tuple[Real | None, ...]:
        far = g * delta
        slope = bounded.where(near, (g * bounded.saved(size) - far) + far, far)
        signed = bounded.where(bounded.greater_equal(bounded.saved(d), 0.0), slope, -slope)
        return None, bounded.left_open(signed, np.isnan(d.value))

    whole = bounded.huber(target, x, delta)
    each = Real(whole.value, (whole, d), lambda _, error, *of: error, pull)
    return bounded.reduced(each, reduction)


def _zero_times_far(question: Question) -> Iterator[References]:
    """The square, which does not count there, has the slope 2·d, which overflows."""
    found = ask(question)
    with np.errstate(all="ignore"):
        target, x = (dtypes.widen(array) for array in question.inputs)
        slope = dtypes.narrow(2 * (x - target), dtypes.dtype_name(question.inputs[1]))
    far = np.isinf(dtypes.widen(slope))
    yield tuple(replace(each, exact=np.where(far, np.nan, each.exact)) for each in found)


HYPOTHESES = (
    Hypothesis(
        "loss_by_difference",
        "it is (1 - target)·x - log(sigmoid(x)) or log(1 + exp(x)) - target·x, which cancel, and the target's gradient "
        "of log(1 - sigmoid(x))",
        _differing,
        ("binary_cross_entropy_with_logits",),
        ("value", "gradient"),
        independent=True,
    ),
    by_formula(
        "maximum_added_again",
        "it is (1 - target)·x and a logarithm within which the maximum is subtracted, and added again",
        {"binary_cross_entropy_with_logits": (_of_maximum,)},
        ("value", "gradient"),
        looser=True,
    ),
    by_formula(
        "slopes_at_zero",
        "the gradient at a logit of 0 is -1/2 - target, of max(x, 0) without a slope and |x| with one of 1",
        {"binary_cross_entropy_with_logits": (_slopes_at_zero,)},
        ("gradient",),
    ),
    by_formula(
        "slope_by_difference",
        "the gradient within delta is what is left of delta, added and subtracted",
        {"huber_loss": (_huber_slope,)},
        ("gradient",),
    ),
    Hypothesis(
        "zero_times_far",
        "the gradient is 0 times the slope of the square where that overflows, which is NaN",
        _zero_times_far,
        ("huber_loss",),
        ("gradient",),
    ),
)
