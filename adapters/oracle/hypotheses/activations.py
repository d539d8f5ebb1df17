"""Mistakes of activations: cancellation near 0, float32 constants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.activations import ROOT_TWO_OVER_PI
from opassay.adapters.oracle.bounded.bent import SELU, above
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.bounded.reverse import gradients
from opassay.adapters.oracle.bounded.sums import spread
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, by_formula, computed_by, one_or_other
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.adapters.oracle.linear import wide
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question

Real = bounded.Real
SIXTH = 0.1666667


def _bent(x: Real, scale: object, alpha: object, divisor: object, lost: float = 0) -> Real:
    """scale · x above 0, scale · alpha · (exp(x / divisor) - 1) below, with the gradient computed from the answer.

    Between -``lost`` and 0 it may be 0, with the gradient of the positive side.
    """
    high, e = above(x), bounded.exp(bounded.minimum(x, 0.0) / divisor) - 1
    y = bounded.where(high, scale * x, bounded.either(scale * (alpha * e), (scale * alpha) * e))  # type: ignore[operator]

    def pull(g: Real, this: Real) -> Real:
        slope = (bounded.saved(this) + constant(scale * alpha, x)) / divisor  # type: ignore[operator]
        low = g * slope
        return bounded.where(high, g * scale, one_or_other(low, bounded.where(x.value > -lost, g * scale, low)))

    return bounded.unsigned(with_gradient(y, x, pull))


def _elu(x: Real, alpha: float) -> Real:
    return _bent(x, 1, alpha, 1)


def _celu(x: Real, alpha: float) -> Real:
    return _bent(x, 1, alpha, alpha)


def _selu(lost: float) -> Formula:
    return lambda x: _bent(x, *SELU, 1, lost)


def _selu_in_single(x: Real) -> Real:
    scale, alpha = map(np.float32, SELU)
    return _bent(x, np.longdouble(scale), np.longdouble(alpha), 1)


def _gelu_in_single(x: Real, approximate: bool) -> Real:
    if approximate:
        inner = ROOT_TWO_OVER_PI * (x + constant(np.float32(0.044715), x) * (x * x * x))
        return bounded.unsigned(0.5 * x * (1 + bounded.tanh(inner)))
    return bounded.unsigned(0.5 * x * (1 + bounded.erf(x * constant(np.float32(np.sqrt(0.5)), x))))


def _hard_sigmoid_in_single(x: Real) -> Real:
    inside = np.abs(x.value) < 3
    slope = lambda g, _: bounded.where(inside, g * constant(np.float32(1 / 6), x), 0.0)  # noqa: E731
    return with_gradient(bounded.hard_sigmoid(x), x, slope)


def _hard_sigmoid_of(slope: object) -> Formula:
    return lambda x: bounded.clamp(x * constant(slope, x) + 0.5, 0.0, 1.0)


IN_SINGLE: Mapping[str, Formula] = {"gelu": _gelu_in_single, "hard_sigmoid": _hard_sigmoid_in_single}


def _constants_in_single(question: Question) -> Iterator[References]:
    """The op's constants and its numeric attributes are rounded to float32."""
    if question.op in IN_SINGLE:
        yield from computed_by(partial(IN_SINGLE[question.op], **question.attributes))(question)
    given = {name: value for name, value in question.attributes.items() if isinstance(value, float)}
    single = {name: float(np.float32(value)) for name, value in given.items()}
    changed = {name: value for name, value in single.items() if value != given[name]}
    if changed:
        yield ask(replace(question, attributes={**question.attributes, **changed}))


def _celu_of_single(x: Real, alpha: float) -> Real:
    """Its gradient is g · (alpha · r) · exp(x · r), where r is 1 / alpha, and this alpha a float32."""
    inverse = 1 / float(np.float32(alpha))

    def pull(g: Real, _: Real) -> Real:
        slope = bounded.exp(bounded.minimum(bounded.saved(x), 0.0) * inverse) * constant(alpha * inverse, x)
        return bounded.where(above(x), g, g * slope)

    return with_gradient(bounded.celu(x, alpha), x, pull)


def _reciprocal_in_single(question: Question) -> Iterator[References]:
    alpha = question.attributes["alpha"]
    if float(np.float32(alpha)) != alpha:
        yield from computed_by(partial(_celu_of_single, alpha=alpha))(question)


def _counted_twice(question: Question) -> Iterator[References]:
    """At the kink, the gradient of a sum of a maximum and a minimum with 0."""
    (found,), (dy,) = ask(question), question.cotangents
    at_zero = wide(question.inputs[0]) == 0
    if dy is not None and at_zero.any():
        yield (replace(found, exact=np.where(at_zero, 2 * wide(dy), found.exact)),)


def _unbounded_sum(x: Real, y: Real, name: str = "") -> Real:
    """The share of each element in an infinite sum is its exp, or 1 if infinite, too. ``name``: of a narrow format."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    a, b = spread(x, shape), spread(y, shape)
    whole = bounded.logaddexp(a, b)
    infinite = np.isposinf(whole.value)

    def pull(g: Real, _: Real) -> tuple[Real | None, ...]:
        shares = zip((a, b), gradients([whole], [g], [a, b]), strict=True)
        by_itself = [(_ends(g * _ends(bounded.exp(_cleared(x)), name), name), share) for x, share in shares]
        return None, *(bounded.where(infinite, one, share) for one, share in by_itself)

    return Real(whole.value, (whole, a, b), lambda _, error, *of: error, pull)


def _ends(y: Real, name: str) -> Real:
    """``y``, but values within a few steps of the largest number, or beyond it, are rounded to it."""
    if not name:
        return y
    with np.errstate(over="ignore", invalid="ignore"):
        near = np.abs(y.value) > FORMATS[name].largest * (1 - 8 * FORMATS[name].unit_roundoff)
        held = wide(dtypes.narrow(y.value, name)).astype(y.value.dtype)
    return bounded.where(near, Real(held), y)


def _cleared(x: Real) -> Real:
    return bounded.where(np.isposinf(x.value), 0.0, bounded.saved(x))


def _halved_last(question: Question) -> Iterator[References]:
    """In float32, or in the narrow format itself."""
    (found,), x = ask(question), wide(question.inputs[0])
    for name in dict.fromkeys((_wider(found.dtype), found.dtype)):
        beyond = x * 2 > FORMATS[name].largest
        if not question.attributes["approximate"] and beyond.any():
            exact = np.where(beyond, np.inf, found.exact)
            yield (replace(found, exact=np.where(np.isinf(x), np.nan, exact)),)
            yield (replace(found, exact=exact),)


def _wider(dtype: str) -> str:
    return dtype if dtype == "float64" else "float32"


HYPOTHESES = (
    Hypothesis(
        "kink_counted_twice",
        "the gradient at 0 is that of both sides, added up",
        _counted_twice,
        ("celu",),
        ("gradient",),
    ),
    by_formula(
        "exp_less_one",
        "exp(x) - 1 is a difference of numbers near 1",
        {
            "elu": (_elu,),
            "celu": (_celu,),
            "selu": (*(_selu(float(FORMATS[name].unit_roundoff)) for name in dtypes.FLOATS), _selu_in_single),
        },
    ),
    Hypothesis(
        "constants_in_float32",
        "constants, and numbers among the attributes, are made float32",
        _constants_in_single,
        (
            "leaky_relu",
            "elu",
            "celu",
            "layer_norm",
            "rms_norm",
            "batch_norm",
            "group_norm",
            "instance_norm",
            *IN_SINGLE,
        ),
    ),
    Hypothesis(
        "halved_last",
        "x times 1 + erf overflows before it is halved, and infinity may give NaN",
        _halved_last,
        ("gelu",),
        VALUE,
    ),
    by_formula(
        "slope_of_seven_digits",
        "the slope of hard_sigmoid is 0.1666667",
        {"hard_sigmoid": (_hard_sigmoid_of(np.float32(SIXTH)), _hard_sigmoid_of(SIXTH))},
    ),
    Hypothesis(
        "alpha_divides_in_float32",
        "the gradient divides by alpha as a float32, and multiplies by alpha as it is",
        _reciprocal_in_single,
        ("celu",),
        ("gradient",),
    ),
    by_formula(
        "infinity_taken_for_zero",
        "the shares in an infinite sum are those in a sum of 0",
        {"logaddexp": (_unbounded_sum, partial(_unbounded_sum, name="float16"))},
        ("gradient",),
    ),
)
