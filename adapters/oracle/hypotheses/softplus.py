"""Mistakes of softplus and what is made of it: logarithms of numbers near 1, ends by the format."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.real import with_gradient
from opassay.adapters.oracle.hypotheses.computed import VALUE, Formula, by_formula, one_or_other
from opassay.harness.model.dtypes import FLOATS, FORMATS

Real = bounded.Real


def _softplus(x: Real) -> Real:
    return bounded.maximum(x, 0.0) + bounded.log(1 + bounded.exp(-bounded.absolute(x)))


def _cross_entropy(target: Real, x: Real, reduction: str | bool) -> Real:
    return bounded.reduced(bounded.maximum(x, 0.0) - x * target + _softplus(-bounded.absolute(x)), reduction)


def _softplus_at_once(x: Real) -> Real:
    return bounded.log(1 + bounded.exp(x))


def _softplus_at_once_to_20(x: Real) -> Real:
    far = np.asarray(x.value > 20)
    return bounded.where(far, x, _softplus_at_once(bounded.where(far, 0.0, x)))


def _log_sigmoid(x: Real) -> Real:
    return -_softplus(-x)


def _log_sigmoid_at_once(x: Real) -> Real:
    return -_softplus_at_once(-x)


def _logaddexp_at_once(x: Real, y: Real) -> Real:
    gap = bounded.where(bounded.equal(x, y), 0.0, bounded.absolute(x - y))
    return bounded.maximum(x, y) + bounded.log(1 + bounded.exp(-gap))


def _mish(x: Real) -> Real:
    return bounded.unsigned(x * bounded.tanh(_softplus(x)))


def _mish_slope(x: Real) -> Real:
    """Of a softplus p that is 0 where 1 + exp(x) rounds to 1, by which the slope has a factor 1 - exp(-p)."""
    name = "float64" if x.value.dtype == np.longdouble else "float32"
    with np.errstate(over="ignore"):
        lost = np.asarray(np.exp(x.value) <= 2 * FORMATS[name].unit_roundoff)

    def pull(g: Real, _: Real) -> Real:
        a = bounded.saved(x)
        p = _softplus_at_once(a)
        bell = 1 - bounded.square(bounded.tanh(p))
        whole = g * (bounded.tanh(p) + a * bell * (1 - bounded.exp(-p)))
        return one_or_other(whole, bounded.where(lost, 0.0, whole))

    return with_gradient(bounded.mish(x), x, pull)


def _softplus_of_ends(name: str) -> Formula:
    """exp(x) below log(eps) + 2, and x above the negative of that; eps is that of the computing format."""
    end = float(np.log(2 * FORMATS[name].unit_roundoff) + 2)

    def softplus(x: Real) -> Real:
        low = end if (x.value.dtype == np.longdouble) == (name == "float64") else -np.inf
        return bounded.where(x.value < low, bounded.exp(x), bounded.where(x.value > -low, x, bounded.softplus(x)))

    return softplus


def _log_sigmoid_of_ends(name: str) -> Formula:
    softplus = _softplus_of_ends(name)
    return lambda x: -softplus(-x)


def _softplus_to(end: float) -> Formula:
    def softplus(x: Real) -> Real:
        far = np.asarray(x.value > end)
        y = bounded.where(far, x, bounded.softplus(x))
        slope = lambda g, _: bounded.where(far, g, g * bounded.sigmoid(bounded.saved(x)))  # noqa: E731
        return with_gradient(y, x, slope)

    return softplus


HYPOTHESES = (
    by_formula(
        "log_of_one_added",
        "the logarithm of 1 + exp(x) is taken where that rounds to 1",
        {
            "softplus": (_softplus, _softplus_at_once, _softplus_at_once_to_20),
            "log_sigmoid": (_log_sigmoid, _log_sigmoid_at_once),
            "mish": (_mish,),
            "logaddexp": (_logaddexp_at_once,),
            "binary_cross_entropy_with_logits": (_cross_entropy,),
        },
        VALUE,
        looser=True,
    ),
    by_formula(
        "slope_of_one_added",
        "the gradient is made of a softplus that is the logarithm of 1 + exp(x), and 0 where that rounds to 1",
        {"mish": (_mish_slope,)},
        ("gradient",),
        looser=True,
    ),
    by_formula(
        "softplus_of_ends",
        "softplus is exp(x) below log(eps) + 2, where the two still differ",
        {"softplus": tuple(map(_softplus_of_ends, FLOATS)), "log_sigmoid": tuple(map(_log_sigmoid_of_ends, FLOATS))},
        VALUE,
    ),
    by_formula("softplus_to_20", "softplus is x from 20 on, in float64 as well", {"softplus": (_softplus_to(20),)}),
)
