"""Mistakes along axes: NaN, large integers, and gradients that divide again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.real import with_gradient
from opassay.adapters.oracle.hypotheses.computed import by_formula
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question

Real = bounded.Real


def _axes(question: Question) -> tuple[int, ...]:
    a = question.attributes
    return tuple(a["axes"]) if "axes" in a else (a["axis"],)


def _passed_over(question: Question) -> Iterator[References]:
    """Where the target has no NaN: which element is compared last depends on its vectors."""
    (found,), (told,) = ask(question), question.answers
    x = question.inputs[0]
    if not dtypes.is_float(dtypes.dtype_name(x)) or told is None or told.shape != found.exact.shape:
        return
    least = -np.inf if question.op == "max" else np.inf
    wide = dtypes.widen(x)
    for lost in (np.isnan(wide), _up_to_nan(wide, _axes(question))):
        without = dtypes.narrow(np.where(lost, least, wide), found.dtype)
        (other,) = ask(question.but(inputs=(without,)))
        yield (replace(found, exact=np.where(np.isnan(dtypes.widen(told)), found.exact, other.exact)),)


def _up_to_nan(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Every NaN, and what stands before the last one: a comparison with it takes what follows."""
    lost = np.asarray(np.isnan(x))
    if len(axes) != 1:
        return lost
    following = np.cumsum(np.flip(lost, axes[0]), axis=axes[0])
    return np.asarray(np.flip(following, axes[0]) > 0)


def _zero_beside_nan(question: Question) -> Iterator[References]:
    """The share where the exponent of the maximum is NaN: exp(-inf)."""
    (found,), x = ask(question), dtypes.widen(question.inputs[0])
    above = np.isnan(x) | (x == np.inf)
    lost = above.any(axis=_axes(question), keepdims=True) & ~above
    if lost.any():
        yield (replace(found, exact=np.where(lost, -np.inf if question.op == "log_softmax" else 0, found.exact)),)


def _saturate(question: Question) -> Iterator[References]:
    """In float64, cut off at the ends of the integers, or the lowest one beyond them."""
    (found,), x = ask(question), question.inputs[0]
    if dtypes.is_float(found.dtype) or found.dtype == "bool":
        return
    combine = np.prod if question.op == "prod" else np.sum
    with np.errstate(over="ignore"):
        made = combine(x.astype(np.float64), axis=_axes(question)).reshape(found.exact.shape)
    cut = dtypes.saturated(made, found.dtype)
    yield (replace(found, exact=cut),)
    limits = np.iinfo(found.dtype)
    # As x86's cvttsd2si answers what is out of range.
    yield (replace(found, exact=np.where((made > limits.max) | (made < limits.min), limits.min, cut)),)


def _cumprod(x: Real, axis: int, exclusive: bool, reverse: bool) -> Real:
    """Its gradient is a sum of g · y divided by x, and 0 where x is 0."""

    def pull(g: Real, y: Real) -> Real:
        total, zero = bounded.cumsum(g * bounded.saved(y), axis, exclusive, not reverse), np.asarray(x.value == 0)
        return bounded.where(zero, 0.0, total / bounded.where(zero, 1.0, bounded.saved(x)))

    return with_gradient(bounded.cumprod(x, axis, exclusive, reverse), x, pull)


HYPOTHESES = (
    Hypothesis(
        "nan_passed_over",
        "a NaN among the elements may be passed over, and what stands before it",
        _passed_over,
        ("max", "min"),
        ("value",),
    ),
    Hypothesis(
        "zero_beside_nan",
        "a share is 0 beside a NaN or an infinity, and its logarithm -inf",
        _zero_beside_nan,
        ("softmax", "log_softmax"),
        ("value",),
    ),
    Hypothesis(
        "sums_saturate",
        "sums and products of integers are computed in floats: they are rounded, and saturate where they should wrap",
        _saturate,
        ("sum", "prod"),
        ("value",),
    ),
    by_formula(
        "cumprod_by_quotient",
        "the gradient of a running product is divided by the elements, and 0 where they are",
        {"cumprod": (_cumprod,)},
        ("gradient",),
    ),
)
