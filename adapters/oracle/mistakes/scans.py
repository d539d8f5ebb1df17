"""Scans and shares along an axis: wrong starts and masks, loss of precision, overflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.scans import running
from opassay.adapters.oracle.mistakes.elements import computed
from opassay.adapters.oracle.mistakes.made import mistakes
from opassay.adapters.oracle.mistakes.reductions import BLOCK

Function = Callable[..., Any]

MASK = -1e4
"""Replaces -infinity where masks are finite."""


def _in_blocks(x: np.ndarray, axis: int, exclusive: bool, reverse: bool) -> np.ndarray:
    """A scan whose blocks do not pass on their sums."""
    starts = range(0, max(x.shape[axis], 1), BLOCK)
    parts = [_scan(np.take(x, range(s, min(s + BLOCK, x.shape[axis])), axis), axis, exclusive, reverse) for s in starts]
    return np.concatenate(parts, axis=axis)


def _scan(x: np.ndarray, axis: int, exclusive: bool = False, reverse: bool = False) -> np.ndarray:
    turned = np.flip(x, axis) if reverse else x
    found = np.cumsum(turned, axis=axis, dtype=x.dtype)
    found = found - turned if exclusive else found
    return np.flip(found, axis) if reverse else found


def _largest(x: np.ndarray, axis: int, exclusive: bool = False, reverse: bool = False) -> np.ndarray:
    start = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return running(np.maximum.accumulate, axis, exclusive, reverse, start)(x)


def exps(x: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf)))


def shares(t: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(t / t.sum(axis=axis, keepdims=True))


def _logarithm(x: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(np.log(np.exp(x).sum(axis=axis, keepdims=True)))


def _finite_mask(x: np.ndarray, axis: int) -> np.ndarray:
    return shares(exps(np.where(np.isneginf(x), x.dtype.type(MASK), x), axis), axis)


def _half_sum(x: np.ndarray, axis: int) -> np.ndarray:
    t = exps(x, axis)
    return np.asarray(t / t.astype(np.float16).sum(axis=axis, keepdims=True, dtype=np.float16).astype(x.dtype))


def _masked_rows(x: np.ndarray, axis: int) -> np.ndarray:
    found = shares(exps(x, axis), axis)
    return np.where(np.isneginf(x).all(axis=axis, keepdims=True), 0, found)


VALUES: tuple[tuple[str, str, str, Function], ...] = (
    ("cumsum", "blocks_not_added", "each block of 128 starts at 0", _in_blocks),
    (
        "cumsum",
        "never_exclusive",
        "exclusive is ignored: each element is part of its own sum",
        lambda x, axis, exclusive, reverse: _scan(x, axis, False, reverse),
    ),
    (
        "cumsum",
        "never_reversed",
        "reverse is ignored: sums start at the front",
        lambda x, axis, exclusive, reverse: _scan(x, axis, exclusive),
    ),
    (
        "cumprod",
        "by_logarithms",
        "the product is exp of a sum of logarithms",
        lambda x, axis, **how: np.exp(_scan(np.log(x * 1.0), axis, **how)),
    ),
    (
        "cummax",
        "starts_at_zero",
        "the largest so far is 0 at first",
        lambda x, axis, **how: np.maximum(_largest(x, axis, **how), 0),
    ),
    (
        "cummax",
        "nan_passed_over",
        "a NaN is passed over",
        lambda x, axis, **how: _largest(np.where(np.isnan(x), -np.inf, x).astype(x.dtype), axis, **how),
    ),
    (
        "logcumsumexp",
        "not_shifted",
        "exp is of x, not of x less the largest, and overflows",
        lambda x, axis, **how: np.log(_scan(np.exp(x), axis, **how)),
    ),
    (
        "logcumsumexp",
        "shifted_by_the_largest",
        "x is less the largest of all, before which exp underflows",
        lambda x, axis, **how: (
            np.log(_scan(exps(x, axis), axis, **how)) + x.max(axis=axis, keepdims=True, initial=-np.inf)
        ),
    ),
    (
        "softmax",
        "not_shifted",
        "exp is of x, not of x less the largest, and overflows",
        lambda x, axis: shares(np.exp(x), axis),
    ),
    (
        "softmax",
        "over_the_last_axis",
        "the shares are those along the last axis, whatever axis is named",
        lambda x, axis: shares(exps(x, -1), -1),
    ),
    ("softmax", "summed_in_float16", "the sum is kept in float16", _half_sum),
    ("softmax", "masked_by_a_number", "-infinity is taken for -10,000", _finite_mask),
    ("softmax", "masked_rows_are_zero", "where all are -infinity, shares are 0", _masked_rows),
    (
        "log_softmax",
        "logarithm_of_shares",
        "it is the logarithm of shares, of which some underflow",
        lambda x, axis: np.log(shares(exps(x, axis), axis)),
    ),
    (
        "log_softmax",
        "less_their_logsumexp",
        "the largest is added to the logarithm of the sum first, which absorbs it",
        lambda x, axis: (
            x
            - (
                x.max(axis=axis, keepdims=True, initial=-np.inf)
                + _logarithm(x - x.max(axis=axis, keepdims=True, initial=-np.inf), axis)
            )
        ),
    ),
    (
        "log_softmax",
        "not_shifted",
        "exp is of x, not of x less the largest, and overflows",
        lambda x, axis: x - _logarithm(x, axis),
    ),
)

ROUNDED = ("summed_in_float16", "by_logarithms", "logarithm_of_shares", "less_their_logsumexp")
"""Allowed unless a kernel's adapter declares that it computes otherwise."""

MISTAKES = tuple(
    made for op, name, says, f in VALUES for made in mistakes(name, says, computed(f), op, declares=name in ROUNDED)
)
