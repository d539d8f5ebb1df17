"""Mistakes of activations: what is near 0 as a difference or a logarithm of numbers near 1; constants of float32."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.bent import SELU, above
from opassay.adapters.oracle.bounded.real import constant, with_gradient
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, by_formula
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.adapters.oracle.linear import wide
from opassay.harness.model.hypothesis import Hypothesis, Question

Real = bounded.Real


def _bent(x: Real, scale: object, alpha: object, divisor: object) -> Real:
    """scale · x above 0, scale · alpha · (exp(x / divisor) - 1) below, whose gradient is made of the answer."""
    high, e = above(x), bounded.exp(bounded.minimum(x, 0.0) / divisor) - 1
    y = bounded.where(high, scale * x, bounded.either(scale * (alpha * e), (scale * alpha) * e))  # type: ignore[operator]

    def pull(g: Real, this: Real) -> Real:
        slope = (bounded.saved(this) + constant(scale * alpha, x)) / divisor  # type: ignore[operator]
        return bounded.where(high, g * scale, g * slope)

    return bounded.unsigned(with_gradient(y, x, pull))


def _elu(x: Real, alpha: float) -> Real:
    return _bent(x, 1, alpha, 1)


def _celu(x: Real, alpha: float) -> Real:
    return _bent(x, 1, alpha, alpha)


def _selu(x: Real) -> Real:
    return _bent(x, *SELU, 1)


def _softplus(x: Real) -> Real:
    return bounded.maximum(x, 0.0) + bounded.log(1 + bounded.exp(-bounded.absolute(x)))


def _softplus_at_once(x: Real) -> Real:
    return bounded.log(1 + bounded.exp(x))


def _log_sigmoid(x: Real) -> Real:
    return -_softplus(-x)


def _log_sigmoid_at_once(x: Real) -> Real:
    return -_softplus_at_once(-x)


def _mish(x: Real) -> Real:
    return bounded.unsigned(x * bounded.tanh(_softplus(x)))


def _threshold(x: Real) -> float:
    name = np.float64 if x.value.dtype == np.longdouble else np.float32
    return float(np.log(np.finfo(name).eps) + 2)


def _softplus_of_ends(x: Real) -> Real:
    """exp(x) below log(eps) + 2, and x above what is as far from 0."""
    low = _threshold(x)
    return bounded.where(x.value < low, bounded.exp(x), bounded.where(x.value > -low, x, bounded.softplus(x)))


def _log_sigmoid_of_ends(x: Real) -> Real:
    return -_softplus_of_ends(-x)


def _softplus_to(end: float) -> Formula:
    def softplus(x: Real) -> Real:
        far = np.asarray(x.value > end)
        y = bounded.where(far, x, bounded.softplus(x))
        slope = lambda g, _: bounded.where(far, g, g * bounded.sigmoid(bounded.saved(x)))  # noqa: E731
        return with_gradient(y, x, slope)

    return softplus


def _constants_in_single(question: Question) -> Iterator[References]:
    """Numbers among the attributes are made float32."""
    given = {name: value for name, value in question.attributes.items() if isinstance(value, float)}
    single = {name: float(np.float32(value)) for name, value in given.items()}
    changed = {name: value for name, value in single.items() if value != given[name]}
    if changed:
        yield ask(replace(question, attributes={**question.attributes, **changed}))


def _counted_twice(question: Question) -> Iterator[References]:
    """At the kink, of a sum of a maximum and a minimum with 0."""
    (found,), (dy,) = ask(question), question.cotangents
    at_zero = wide(question.inputs[0]) == 0
    if dy is not None and at_zero.any():
        yield (replace(found, exact=np.where(at_zero, 2 * wide(dy), found.exact)),)


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
        {"elu": (_elu,), "celu": (_celu,), "selu": (_selu,)},
    ),
    by_formula(
        "log_of_one_added",
        "the logarithm of 1 + exp(x) is taken where that rounds to 1",
        {
            "softplus": (_softplus, _softplus_at_once),
            "log_sigmoid": (_log_sigmoid, _log_sigmoid_at_once),
            "mish": (_mish,),
        },
        VALUE,
        looser=True,
    ),
    by_formula(
        "softplus_of_ends",
        "softplus is exp(x) from log(eps) + 2 down, where it is not yet",
        {"softplus": (_softplus_of_ends,), "log_sigmoid": (_log_sigmoid_of_ends,)},
        VALUE,
    ),
    by_formula("softplus_to_20", "softplus is x from 20 on, in float64 as well", {"softplus": (_softplus_to(20),)}),
    Hypothesis(
        "constants_in_float32",
        "numbers among the attributes are made float32",
        _constants_in_single,
        ("leaky_relu", "elu", "celu"),
    ),
)
