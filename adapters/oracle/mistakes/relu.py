"""relu: signs of zeros, and shortcuts that overflow or drop NaN."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.mistakes.made import dtype, is_float, mistakes, only, spoilt
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays


def _multiplied(question: Question, told: Arrays) -> Arrays:
    """x · (x > 0): a negative number is -0, and minus infinity NaN."""
    x = dtypes.widen(question.inputs[0])
    with np.errstate(invalid="ignore"):
        return (dtypes.narrow(x * (x > 0), dtype(question)),)


def _minus_zero(question: Question, told: Arrays) -> Arrays:
    """As by a bitwise and with a mask that keeps the sign."""
    x = dtypes.widen(question.inputs[0])
    with np.errstate(invalid="ignore"):
        return (dtypes.narrow(np.where(x < 0, -0.0, dtypes.widen(np.asarray(told[0]))), dtype(question)),)


def _halved(question: Question, told: Arrays) -> Arrays:
    """(x + |x|) / 2 in the input's own format."""
    x, kind = dtypes.widen(question.inputs[0]), dtype(question)
    with np.errstate(all="ignore"):
        doubled = dtypes.widen(dtypes.narrow(x + np.abs(x), kind))
        return (dtypes.narrow(doubled / 2, kind),)


def _as_unsigned(question: Question, told: Arrays) -> Arrays:
    return (np.maximum(question.inputs[0].view(np.uint8), 0).view(np.int8),)


def _gradient_of_nan(question: Question, told: Arrays) -> Arrays:
    """not (x <= 0) lets a NaN through."""
    x, dy = question.inputs[0], question.cotangents[0]
    if dy is None or told[0] is None:
        return told
    with np.errstate(invalid="ignore"):
        kept = np.where(dtypes.widen(x) >= 0, dtypes.widen(dy), 0)
    return (dtypes.narrow(kept, dtypes.dtype_name(told[0])),)


def _clipped(values: np.ndarray) -> np.ndarray:
    """Clamped at the largest number of float16, as in a conversion through it."""
    return np.where(values > 65504, 65504, values)


MISTAKES = (
    *mistakes(
        "multiplied_by_mask",
        "x is multiplied by whether it is positive: a negative number is -0",
        only(is_float, _multiplied),
        "relu",
    ),
    *mistakes("negative_to_minus_zero", "a negative number is -0, not 0", only(is_float, _minus_zero), "relu"),
    *mistakes("halved_sum", "x and its absolute value are added and halved", only(is_float, _halved), "relu"),
    *mistakes(
        "signed_as_unsigned", "int8 is compared as uint8", only(lambda q: dtype(q) == "int8", _as_unsigned), "relu"
    ),
    *mistakes(
        "clipped_at_float16",
        "what is larger than float16 has room for is cut",
        only(is_float, spoilt(_clipped)),
        "relu",
    ),
    *mistakes(
        "gradient_at_either_zero", "the gradient at 0 is 1 instead of 0", _gradient_of_nan, "relu", ("gradient",)
    ),
)
