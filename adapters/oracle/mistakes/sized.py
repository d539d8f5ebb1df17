"""Answers whose size depends on values: one element too few, another order, other values than 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.mistakes.made import mistakes
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel

Function = Callable[..., np.ndarray]


def _answered(function: Function) -> Kernel:
    """What ``function`` makes of the inputs, in a format that holds their values."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        (first,) = told
        if first is None:
            return told
        found = function(*map(dtypes.widen, question.inputs))
        return (dtypes.narrow(np.asarray(found), dtypes.dtype_name(first)),)

    return kernel


def _spoilt(change: Callable[[np.ndarray], np.ndarray]) -> Kernel:
    return lambda question, told: tuple(a if a is None else change(a) for a in told)


def _by_columns(x: np.ndarray) -> np.ndarray:
    found = np.argwhere(x)
    return found[np.lexsort(found.T)] if found.size else found


def _least_lost(x: np.ndarray) -> np.ndarray:
    """Subnormal numbers of float32 are flushed to 0."""
    return np.argwhere(np.where(np.abs(x) < np.finfo(np.float32).tiny, 0, x) if x.dtype.kind == "f" else x)


def _transposed(condition: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(x.T[condition.T])


def _of_all_bits(x: np.ndarray) -> np.ndarray:
    """A negative zero has a nonzero bit."""
    return np.argwhere((x != 0) | np.signbit(x) if x.dtype.kind == "f" else x)


def _as_they_come(x: np.ndarray) -> np.ndarray:
    found, first = np.unique(x, return_index=True)
    return np.asarray(found[np.argsort(first)])


def _of_neighbours(x: np.ndarray) -> np.ndarray:
    """Only adjacent equal elements are found."""
    row = x.ravel()
    return np.sort(row[np.append(True, row[1:] != row[:-1])]) if row.size else row


MISTAKES = (
    *mistakes(
        "last_lost", "the last is not written", _spoilt(lambda a: a[:-1]), ("nonzero", "masked_select", "unique")
    ),
    *mistakes("by_columns", "column by column", _answered(_by_columns), "nonzero"),
    *mistakes("nan_is_zero", "a NaN counts as 0", _answered(lambda x: np.argwhere(np.abs(x) > 0)), "nonzero"),
    *mistakes("sign_is_a_value", "-0 is not 0", _answered(_of_all_bits), "nonzero"),
    *mistakes("positive_alone", "what is below 0 counts as 0", _answered(lambda x: np.argwhere(x > 0)), "nonzero"),
    *mistakes("subnormal_is_zero", "a subnormal number counts as 0", _answered(_least_lost), "nonzero"),
    *mistakes("by_columns", "column by column", _answered(_transposed), "masked_select"),
    *mistakes("inverted", "where it does not hold", _answered(lambda c, x: x[~c]), "masked_select"),
    *mistakes(
        "padded", "the rest is filled with 0", _answered(lambda c, x: np.where(c, x, 0).ravel()), "masked_select"
    ),
    *mistakes("as_they_come", "in the order of x", _answered(_as_they_come), "unique"),
    *mistakes("of_neighbours_alone", "only neighbours are compared", _answered(_of_neighbours), "unique"),
    *mistakes("largest_first", "the largest comes first", _spoilt(lambda a: a[::-1]), "unique"),
)
