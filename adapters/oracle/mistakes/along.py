"""Gradients along axes: a missing factor, sum or reversal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.adapters.oracle.mistakes.made import dtype, mistakes
from opassay.adapters.oracle.mistakes.scans import exps, shares
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel

Function = Callable[..., Any]


def backward(function: Function) -> Kernel:
    """``function`` of cotangent, input and attributes, in the input's own format; bfloat16 stays correct."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        (right,), (g,) = told, question.cotangents
        if right is None or g is None or "bfloat16" in (dtype(question), dtypes.dtype_name(right)):
            return told
        x, a = np.ascontiguousarray(question.inputs[0]), question.attributes
        over = tuple(axis % x.ndim for axis in a["axes"]) if "axes" in a else (a["axis"] % x.ndim,)
        wide = g if g.shape == x.shape else g.reshape([1 if i in over else n for i, n in enumerate(x.shape)])
        with np.errstate(all="ignore"):
            return (np.asarray(function(wide, x, over)).astype(right.dtype).reshape(right.shape),)

    return kernel


def _count(x: np.ndarray, over: tuple[int, ...]) -> int:
    return int(np.prod([x.shape[axis] for axis in over], dtype=int))


GRADIENTS: tuple[tuple[str, str, str, Function], ...] = (
    ("mean", "not_divided", "the gradient of a mean is that of a sum", lambda g, x, over: np.broadcast_to(g, x.shape)),
    (
        "max",
        "every_tie",
        "each of equal maxima has all of it",
        lambda g, x, over: g * (x == x.max(axis=over, keepdims=True)),
    ),
    (
        "var",
        "half_a_square",
        "a factor of 2 is forgotten",
        lambda g, x, over: g * (x - x.mean(axis=over, keepdims=True)) / _count(x, over),
    ),
    (
        "norm_l1",
        "sign_of_zero_forgotten",
        "its gradient is that of a sum",
        lambda g, x, over: np.broadcast_to(g, x.shape),
    ),
    (
        "cumsum",
        "not_turned_round",
        "sums run the same way",
        lambda g, x, over: np.cumsum(g, axis=over[0], dtype=g.dtype),
    ),
    (
        "cummax",
        "each_its_own",
        "a cotangent counts only where an element is the largest itself",
        lambda g, x, over: g * (x == np.maximum.accumulate(x, axis=over[0])),
    ),
    (
        "logcumsumexp",
        "shares_of_all",
        "the gradient is that of logsumexp",
        lambda g, x, over: g * shares(exps(x, over[0]), over[0]),
    ),
    (
        "prod",
        "divided_by_each",
        "the product over each, at 0 as well",
        lambda g, x, over: g * x.prod(axis=over, keepdims=True) / x,
    ),
    (
        "softmax",
        "diagonal_alone",
        "what others gain is forgotten",
        lambda g, x, over: g * shares(exps(x, over[0]), over[0]),
    ),
    (
        "log_softmax",
        "cotangent_not_summed",
        "it takes each for the sum",
        lambda g, x, over: g - g * shares(exps(x, over[0]), over[0]),
    ),
)

MISTAKES = tuple(
    made for op, name, says, f in GRADIENTS for made in mistakes(name, says, backward(f), op, ("gradient",))
)
