"""Losses of pairs: wrong factors and counts, formulas that overflow or lose digits, logarithms of 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.adapters.oracle.hypotheses.question import ask
from opassay.adapters.oracle.mistakes.elements import computed
from opassay.adapters.oracle.mistakes.made import dtype, mistakes
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel, right

Array = np.ndarray


def _mean(losses: Array) -> Array:
    return np.asarray(losses.sum() / losses.size)


def _batch_mean(losses: Array) -> Array:
    return np.asarray(losses.sum() / losses.shape[0])


def _wrong(each: Callable[..., Array], mean: Callable[[Array], Array] = _mean) -> Kernel:
    def kernel(target: Array, x: Array, reduction: str | bool, **more: Any) -> Array:
        losses = np.asarray(each(target, x, **more))
        wide = losses.astype(np.longdouble if x.dtype == np.float64 else np.float64)
        return losses if not reduction else np.asarray(wide.sum()) if reduction == "sum" else mean(wide)

    return computed(kernel)


def _over_delta(target: Array, x: Array, delta: float) -> Array:
    """As a smooth L1 loss."""
    size, d = np.abs(x - target), x.dtype.type(delta)
    return np.asarray(np.where(size < d, 0.5 * size * size / d, size - 0.5 * d))


def _of_sigmoid(target: Array, x: Array) -> Array:
    share = 1 / (1 + np.exp(-x))
    return np.asarray(-target * np.log(share) - (1 - target) * np.log(1 - share))


def _one_added(target: Array, x: Array) -> Array:
    return np.asarray(np.maximum(x, 0) - x * target + np.log(1 + np.exp(-np.abs(x))))


def _halved(question: Question, told: Arrays) -> Arrays:
    """The 2 of the square's derivative is left out."""
    (g,) = question.cotangents
    if g is None or dtype(question) == "bfloat16":
        return told
    with np.errstate(all="ignore"):
        return right(ask(replace(question, cotangents=(g * g.dtype.type(0.5),))))


def _target_fixed(question: Question, told: Arrays) -> Arrays:
    """No gradient reaches the target."""
    of_target, of_x = told
    return (None if of_target is None else dtypes.narrow(np.zeros(of_target.shape), dtype(question)), of_x)


LOSSES = ("mse_loss", "l1_loss", "huber_loss", "binary_cross_entropy_with_logits", "kl_div")
MISTAKES = (
    *mistakes("half_of_square", "it is half of the square", _wrong(lambda t, x: 0.5 * (x - t) ** 2), "mse_loss"),
    *mistakes("factor_2_left_out", "the derivative of a square lacks its 2", _halved, "mse_loss", ("gradient",)),
    *mistakes("root_of_square", "|d| is √(d²), which overflows", _wrong(lambda t, x: np.sqrt((x - t) ** 2)), "l1_loss"),
    *mistakes("divided_by_delta", "it is a smooth L1 loss", _wrong(_over_delta), "huber_loss"),
    *mistakes(
        "logarithm_of_sigmoid", "it is made of log(sigmoid(x))", _wrong(_of_sigmoid), "binary_cross_entropy_with_logits"
    ),
    *mistakes("one_added_first", "log1p(e) is log(1 + e)", _wrong(_one_added), "binary_cross_entropy_with_logits"),
    *mistakes("logarithm_of_0", "0·log(0) is NaN", _wrong(lambda t, x: t * (np.log(t) - x)), "kl_div"),
    *mistakes(
        "mean_over_batch",
        "the mean is over the first axis, the sum over the others",
        _wrong(lambda t, x: np.where(t > 0, t * (np.log(np.where(t > 0, t, 1)) - x), 0), _batch_mean),
        "kl_div",
    ),
    *mistakes("target_fixed", "no gradient reaches the target", _target_fixed, LOSSES, ("gradient",)),
)
