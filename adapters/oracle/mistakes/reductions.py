"""Reductions: loss of precision, overflow, omitted elements, mistakes with ties and NaN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.mistakes.elements import computed
from opassay.adapters.oracle.mistakes.made import mistakes

Function = Callable[..., Any]

BLOCK = 128


def _in_half(function: Function) -> Function:
    """Partial sums in float16."""
    return lambda x, axes, keepdims: function(x.astype(np.float16), axis=axes, keepdims=keepdims, dtype=np.float16)


def _first_block(a: np.ndarray, axes: int | Sequence[int]) -> np.ndarray:
    """Elements of a long axis beyond the last whole block are not read."""
    for axis in (axes,) if isinstance(axes, int) else axes:
        n = a.shape[axis]
        a = np.take(a, range(n - n % BLOCK if n > BLOCK else n), axis=axis)
    return a


def _one_pass(x: np.ndarray, axes: Any, keepdims: bool, unbiased: bool) -> np.ndarray:
    count = np.prod([x.shape[axis] for axis in axes], dtype=int)
    mean = x.mean(axis=axes, keepdims=keepdims, dtype=x.dtype)
    found = np.square(x).mean(axis=axes, keepdims=keepdims, dtype=x.dtype) - mean * mean
    return np.asarray(found * (count / (count - 1) if unbiased else 1))


def _saturated(x: np.ndarray, axes: Any, keepdims: bool) -> np.ndarray:
    if x.dtype.kind == "f":
        return np.asarray(x.sum(axis=axes, keepdims=keepdims))
    info = np.iinfo(x.dtype)
    return np.asarray(np.clip(x.astype(object).sum(axis=axes, keepdims=keepdims), info.min, info.max))


def _last_of_equals(x: np.ndarray, axis: int, keepdims: bool) -> np.ndarray:
    return np.asarray(x.shape[axis] - 1 - np.argmax(np.flip(x, axis), axis=axis, keepdims=keepdims))


def _without_nan(x: np.ndarray, axis: int, keepdims: bool) -> np.ndarray:
    plain = np.where(np.isnan(x), -np.inf, x) if x.dtype.kind == "f" else x
    return np.asarray(np.argmax(plain, axis=axis, keepdims=keepdims))


def by_logarithms(function: Function) -> Function:
    return lambda x, axis, **how: np.exp(function(np.log(x * 1.0), axis=axis, **{k: v for k, v in how.items() if v}))


VALUES: tuple[tuple[str, str, str, Function], ...] = (
    ("sum", "summed_in_float16", "partial sums are kept in float16", _in_half(np.sum)),
    (
        "sum",
        "last_block_forgotten",
        "of an axis longer than a block, the rest is not read",
        lambda x, axes, keepdims: _first_block(x, axes).sum(axis=axes, keepdims=keepdims, dtype=x.dtype),
    ),
    ("sum", "integers_saturate", "a sum of integers stays at the end of their range", _saturated),
    ("mean", "mean_in_float16", "partial sums are kept in float16", _in_half(np.mean)),
    (
        "sum_square",
        "squares_in_float16",
        "squares are kept in float16",
        lambda x, **how: _in_half(np.sum)(x * x, **how),
    ),
    (
        "norm_l2",
        "squares_in_float16",
        "squares are kept in float16",
        lambda x, axis, keepdims: np.sqrt(_in_half(np.sum)(x * x, axis, keepdims)),
    ),
    ("norm_l1", "sizes_forgotten", "it is the size of the sum", lambda x, axis, **h: np.abs(x.sum(axis=axis, **h))),
    ("var", "variance_in_one_pass", "the variance is E[x²] - E[x]², which cancels", _one_pass),
    (
        "var",
        "always_biased",
        "the count is never less one",
        lambda x, axes, keepdims, unbiased: x.var(axis=axes, keepdims=keepdims),
    ),
    (
        "std",
        "variance_in_one_pass",
        "the variance is E[x²] - E[x]², which cancels",
        lambda x, **how: np.sqrt(_one_pass(x, **how)),
    ),
    (
        "std",
        "epsilon_added",
        "1e-5 is added under the root",
        lambda x, axes, keepdims, unbiased: np.sqrt(x.var(axis=axes, keepdims=keepdims, ddof=int(unbiased)) + 1e-5),
    ),
    (
        "max",
        "started_at_zero",
        "the maximum starts at 0",
        lambda x, axes, keepdims: x.max(axis=axes, keepdims=keepdims, initial=0),
    ),
    (
        "max",
        "nan_ignored",
        "a NaN is passed over",
        lambda x, axes, keepdims: np.fmax.reduce(x, axes, keepdims=keepdims),
    ),
    (
        "min",
        "started_at_the_largest_number",
        "the minimum starts at the largest finite number",
        lambda x, axes, keepdims: np.minimum(x, np.finfo(x.dtype).max if x.dtype.kind == "f" else x).min(
            axis=axes, keepdims=keepdims
        ),
    ),
    ("argmax", "last_of_equals", "of equal elements, the last is named instead of the first", _last_of_equals),
    ("argmax", "nan_ignored", "a NaN counts as less than any number", _without_nan),
    (
        "argmin",
        "compared_in_float16",
        "values are compared in float16",
        lambda x, axis, keepdims: np.argmin(x.astype(np.float16), axis=axis, keepdims=keepdims),
    ),
    (
        "any",
        "first_alone",
        "along an axis, the first is looked at",
        lambda x, axes, keepdims: (
            np.take(x, range(min(1, x.shape[axes[0]])), axes[0]).any(axis=axes, keepdims=keepdims) if axes else x
        ),
    ),
    ("prod", "by_logarithms", "the product is exp of a sum of logarithms", by_logarithms(np.sum)),
    (
        "prod",
        "zeros_left_out",
        "a factor of 0 is taken for 1",
        lambda x, axis, keepdims: np.where(x == 0, 1, x).prod(axis=axis, keepdims=keepdims, dtype=x.dtype),
    ),
    (
        "count_nonzero",
        "nan_left_out",
        "a NaN is not counted",
        lambda x, axes, keepdims: ((x != 0) & ~np.isnan(x.astype(np.float64))).sum(axis=axes, keepdims=keepdims),
    ),
    (
        "logsumexp",
        "not_shifted",
        "exp is of x, not of x less the largest, and overflows",
        lambda x, axes, keepdims: np.log(np.exp(x).sum(axis=axes, keepdims=keepdims)),
    ),
    (
        "logsumexp",
        "shifted_by_zero_at_least",
        "the largest is taken for 0 at least",
        lambda x, axes, keepdims: (
            np.log(np.exp(x - np.maximum(x.max(initial=0), 0)).sum(axis=axes, keepdims=keepdims))
            + np.maximum(x.max(initial=0), 0)
        ),
    ),
)

ROUNDED = ("summed_in_float16", "mean_in_float16", "squares_in_float16", "variance_in_one_pass", "by_logarithms")
"""Allowed unless a kernel's adapter declares that it computes otherwise."""

MISTAKES = tuple(
    made for op, name, says, f in VALUES for made in mistakes(name, says, computed(f), op, declares=name in ROUNDED)
)
