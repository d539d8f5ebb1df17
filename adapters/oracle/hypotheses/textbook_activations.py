"""Activations composed of exp2, log2 and comparisons with 0 by formulas of a textbook, each step differentiated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.elementary import LN2
from opassay.adapters.oracle.bounded.formats import sizes
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.hypotheses.computed import Formula, computed_by
from opassay.adapters.oracle.hypotheses.question import References, surely
from opassay.adapters.oracle.linear import wide
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference

Real = bounded.Real


def _exp(x: Real) -> Real:
    return bounded.exp2(x * constant(1 / LN2, x))


def _log(x: Real) -> Real:
    return bounded.log2(x) * constant(LN2, x)


def _relu(x: Real) -> Real:
    """What is not above 0 is 0, and so is NaN."""
    return bounded.where(np.isnan(x.value), 0.0, bounded.maximum(x, 0.0))


def _sigmoid(x: Real) -> Real:
    """Of s = 1 / (1 + e), the gradient is s · s · e, or s · (1 - s)."""

    def pull(g: Real, y: Real) -> Real:
        share = bounded.saved(y)
        return bounded.either(g * (share * (share * _exp(-bounded.saved(x)))), g * (share * (1 - share)))

    return with_gradient(1 / (1 + _exp(-x)), x, pull)


def _tanh(x: Real) -> Real:
    return 2 * _sigmoid(2 * x) - 1


def _softplus(x: Real) -> Real:
    larger = bounded.maximum(x, 0.0)
    return _log(_exp(x - larger) + _exp(-larger)) + larger


def _silu(x: Real) -> Real:
    return bounded.unsigned(x * _sigmoid(x))


def _swiglu(a: Real, b: Real) -> Real:
    return bounded.unsigned(_silu(a) * b)


def _log_sigmoid(x: Real) -> Real:
    return bounded.unsigned(-_softplus(-x))


def _mish(x: Real) -> Real:
    return bounded.unsigned(x * _tanh(_softplus(x)))


def _cross_entropy(target: Real, x: Real, reduction: str | bool) -> Real:
    return bounded.reduced(-(target * _log_sigmoid(x) + (1 - target) * _log_sigmoid(-x)), reduction)


def _bent(y: Real, x: Real, alpha: object, divisor: object) -> Real:
    def pull(g: Real, _: Real) -> Real:
        below = bounded.minimum(bounded.saved(x), 0.0) / divisor
        return bounded.where(x.value > 0, g, g * constant(alpha / divisor, x) * _exp(below))  # type: ignore[operator]

    return bounded.unsigned(with_gradient(y, x, pull))


def _elu(x: Real, alpha: float) -> Real:
    return _bent(_relu(x) - alpha * _relu(1 - _exp(x)), x, alpha, 1)


def _celu(x: Real, alpha: float) -> Real:
    y = bounded.maximum(x, 0.0) + bounded.minimum(alpha * (_exp(x / alpha) - 1), 0.0)
    return _bent(y, x, alpha, alpha)


def _difference(x: Real, up: int, down: int, name: str) -> Real:
    """relu(x + up) - relu(x - down), each step rounded to the format: any number where x is large."""

    def stepped(value: np.ndarray) -> np.ndarray:
        return wide(dtypes.narrow(value, name)).astype(x.value.dtype)

    with np.errstate(all="ignore"):
        high, low = (np.where(y > 0, y, 0) for y in (stepped(x.value + up), stepped(x.value - down)))
        share = stepped(high - low)
    inside = np.asarray((x.value > -up) & (x.value <= down))
    return with_gradient(Real(share.astype(x.value.dtype)), x, lambda g, _: bounded.where(inside, g, 0.0))


def _relu6(x: Real, name: str) -> Real:
    return bounded.unsigned(_difference(x, 0, 6, name))


def _hard_sigmoid(x: Real) -> Real:
    line = x * constant(np.longdouble(1) / 6, x) + 0.5
    return bounded.unsigned(_relu(line) - _relu(line - 1))


def _hard_swish(x: Real, name: str) -> Real:
    return bounded.unsigned(x * _difference(x, 3, 3, name) * constant(np.longdouble(1) / 6, x))


FORMULAS: Mapping[str, Formula] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "silu": _silu,
    "swiglu": _swiglu,
    "softplus": _softplus,
    "log_sigmoid": _log_sigmoid,
    "mish": _mish,
    "binary_cross_entropy_with_logits": _cross_entropy,
    "elu": _elu,
    "celu": _celu,
    "relu6": _relu6,
    "hard_sigmoid": _hard_sigmoid,
    "hard_swish": _hard_swish,
}
ROUNDED = ("relu6", "hard_swish")
ENDS = {"softplus": np.inf, "log_sigmoid": -np.inf}
"""Where softplus, as the logarithm of a sum, is the difference of two infinities."""

SIDES = 5
"""The roundings of the gradient at 0: of a half, of products with alpha, its reciprocal and exp(0), and of a sum."""


def _answers(question: Question) -> Iterator[References]:
    name = dtypes.dtype_name(question.inputs[0])
    more = {"name": name} if question.op in ROUNDED else {}
    for found in computed_by(partial(FORMULAS[question.op], **question.attributes, **more))(question):
        if question.gradient and question.op in ENDS:
            yield (surely(found[0], wide(question.inputs[0]) == ENDS[question.op], np.nan),)
        elif question.gradient and question.op in ("elu", "celu"):
            yield (_by_sides(question, found[0], name),)
        else:
            yield found


def _by_sides(question: Question, found: Reference, name: str) -> Reference:
    """Both sides of 0 are computed: a cotangent of 0 times an infinite exponential is NaN, and where that rounds to 1
    a comparison with 0 takes either side, none, or half of each."""
    dy, given = question.cotangents[0], question.answers[0] if question.answers else None
    if dy is None:
        return found
    x, g = wide(question.inputs[0]), wide(dy)
    told = found.exact if given is None else dtypes.widen(given)
    form, kept, allowed = FORMATS["float64" if name == "float64" else "float32"], FORMATS[name], found.allowed_by
    assert allowed is not None
    with np.errstate(all="ignore"):
        below = x / question.attributes["alpha"] if question.op == "celu" else x
        lost = (below > np.log(form.largest) * (1 - 8 * form.unit_roundoff)) & np.isnan(told)
        near, exact = np.abs(below) <= 2 * kept.unit_roundoff, np.where(lost, np.nan, found.exact)
        for share in (0.5, 1.5) if question.op == "celu" else (0.0,):
            exact = np.where(near & (np.abs(told - share * g) < np.abs(told - exact)), share * g, exact)
        steps = np.where(near, SIDES * (kept.unit_roundoff * sizes(exact) + kept.smallest_subnormal), 0.0)
    return replace(found, exact=exact, allowed_by=lambda model: allowed(model) + steps)


HYPOTHESES = (
    Hypothesis(
        "activation_by_a_textbook",
        "an activation is made of exp2, log2 and comparisons with 0 by a formula of a textbook, which cancels",
        _answers,
        tuple(FORMULAS),
        independent=True,
        looser=True,
    ),
)
