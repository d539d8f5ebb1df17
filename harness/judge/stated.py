"""What is asked of a ``bounded`` output beside its bound: infinities, subnormals, the sign of zeros, and a span."""

from __future__ import annotations

import numpy as np

from opassay.harness.judge.numerics import Bound, overflow_threshold
from opassay.harness.model import dtypes
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference


def stated_bound(reference: Reference, model: NumericModel) -> Bound:
    """The bound of a ``bounded`` reference."""
    if reference.allowed_by is None:
        raise ValueError(f"the bounded reference of {reference.name!r} does not say what an answer may err by")
    allowed = reference.allowed_by(model)
    return Bound(
        allowed, np.isinf(allowed), np.broadcast_to(np.inf, allowed.shape), np.broadcast_to(0.0, allowed.shape)
    )


def special(actual: np.ndarray, expected: np.ndarray, reference: Reference, limit: Bound) -> np.ndarray:
    """Where something is not finite, a zero or not, or of a sign that a correct answer may not have."""
    with np.errstate(invalid="ignore"):
        same = (np.isnan(actual) & np.isnan(expected)) | (actual == expected)
        wrong = ~same & ~(np.isfinite(actual) & np.isfinite(expected))
        may_overflow = np.abs(expected) + limit.allowed >= overflow_threshold(reference.dtype)
        wrong &= ~(may_overflow & np.isinf(actual) & (np.signbit(actual) == np.signbit(expected)))
        tiny = np.abs(expected) < dtypes.FORMATS[reference.dtype].smallest_normal
        flushed = ~same & (actual == 0) & tiny & (np.abs(expected) > limit.allowed)
    return np.asarray(wrong | flushed | other_zero(actual, expected, reference, limit))


def other_zero(actual: np.ndarray, expected: np.ndarray, reference: Reference, limit: Bound) -> np.ndarray:
    """Where a zero whose sign counts has the other one."""
    if reference.signed_zeros is None:
        return np.zeros(actual.shape, dtype=bool)
    zeros = (actual == 0) & (expected == 0) & (limit.allowed == 0) & reference.signed_zeros
    return np.asarray(zeros & (np.signbit(actual) != np.signbit(expected)))


def outside(actual: np.ndarray, reference: Reference) -> np.ndarray:
    """Where an answer lies outside of the values that a correct one may have."""
    if reference.span is None:
        return np.zeros(actual.shape, dtype=bool)
    low, high = reference.span
    with np.errstate(invalid="ignore"):
        return np.asarray((actual < low) | (actual > high))


def beyond(reference: Reference) -> str:
    """In words, what is wrong with such an answer."""
    assert reference.span is not None
    return "outside of [{:g}, {:g}]".format(*reference.span)
