"""Mistakes of losses: formulas that cancel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.adapters.oracle.bounded.reverse import gradients
from opassay.adapters.oracle.hypotheses.computed import computed_by
from opassay.adapters.oracle.hypotheses.question import References
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


def _log(share: Real, lost: float) -> Real:
    """The logarithm of what is 0 below ``lost``."""
    nothing = np.asarray(share.value < lost)
    return bounded.where(nothing, -np.inf, bounded.log(bounded.where(nothing, 1.0, share)))


def _differing(question: Question) -> Iterator[References]:
    dtype = dtypes.dtype_name(question.inputs[1])
    yield from computed_by(partial(_by_difference, **question.attributes, dtype=dtype))(question)


HYPOTHESES = (
    Hypothesis(
        "loss_by_difference",
        "it is (1 - target)·x - log(sigmoid(x)), which cancels, and the target's gradient of log(1 - sigmoid(x))",
        _differing,
        ("binary_cross_entropy_with_logits",),
        ("value", "gradient"),
        independent=True,
    ),
)
