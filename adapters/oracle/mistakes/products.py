"""Products of stacked matrices and of rows with weights, losses, and rows divided by their norms."""

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
from opassay.harness.model.mistake import Arrays, right

Array = np.ndarray


def _wide(x: Array) -> Array:
    return x.astype(np.longdouble if x.dtype == np.float64 else np.float64)


def _modulo_two(a: Array, b: Array) -> Array:
    return np.asarray(_wide(a) @ _wide(b)[np.arange(len(b)) % 2])


def _but_the_last(a: Array, b: Array) -> Array:
    return np.asarray(_wide(a)[..., :-1] @ _wide(b)[..., :-1, :])


def _in_16_bits(question: Question, told: Arrays) -> Arrays:
    (right,) = told
    if right is None:
        return told
    if right.dtype == np.int32:
        return (right.astype(np.int16).astype(np.int32),)
    with np.errstate(over="ignore"):
        return (dtypes.widen(dtypes.narrow(right, dtype(question))).astype(np.float32),)


def _cotangent_in_16_bits(question: Question, told: Arrays) -> Arrays:
    (cotangent,), kind = question.cotangents, dtype(question)
    if cotangent is None or not dtypes.is_float(kind):
        return told
    with np.errstate(over="ignore"):
        kept = dtypes.widen(dtypes.narrow(cotangent, kind)).astype(np.float32)
    return right(ask(replace(question, cotangents=(kept,))))


def _rows(x: Array, weight: Array, bias: Array) -> Array:
    return np.asarray(_wide(x) @ _wide(weight).T + bias)


def _as_it_lies(x: Array, weight: Array, bias: Array) -> Array:
    """The weights are read as if they were stored transposed."""
    return _rows(x, np.reshape(weight, weight.shape[::-1]).T, bias)


def _twice(x: Array, weight: Array, bias: Array) -> Array:
    return _rows(x, weight, 2 * bias)


def _loss(x: Array) -> Array:
    """-log of each probability."""
    below = _wide(x) - _wide(x).max(axis=1, keepdims=True, initial=-np.inf)
    return np.asarray(np.log(np.exp(below).sum(axis=1, keepdims=True)) - below)


def _chosen(losses: Array, target: Array, ignored: Array) -> Array:
    places = np.expand_dims(np.where(ignored, 0, target), 1)
    return np.take_along_axis(losses, places, 1).squeeze(1)


def _reduced(losses: Array, reduction: str | bool, count: int) -> Array:
    if not reduction:
        return losses
    total = losses.sum()
    return np.asarray(total if reduction == "sum" else total / count)


def _ignored(target: Array, ignore_index: int) -> Array:
    return np.zeros(target.shape, bool) if ignore_index is False else target == ignore_index


def _mean_of_all(target: Array, x: Array, ignore_index: int, reduction: str | bool) -> Array:
    ignored = _ignored(target, ignore_index)
    return _reduced(np.where(ignored, 0, _chosen(_loss(x), target, ignored)), reduction, target.size)


def _none_ignored(target: Array, x: Array, ignore_index: int, reduction: str | bool) -> Array:
    """Ignored targets are taken for the first class."""
    ignored = _ignored(target, ignore_index)
    return _reduced(_chosen(_loss(x), target, ignored), reduction, int((~ignored).sum()))


def _not_shifted(target: Array, x: Array, ignore_index: int, reduction: str | bool) -> Array:
    ignored = _ignored(target, ignore_index)
    losses = np.log(np.exp(x).sum(axis=1, keepdims=True, dtype=x.dtype)) - x
    return _reduced(np.where(ignored, 0, _chosen(losses, target, ignored)), reduction, int((~ignored).sum()))


def _shares_alone(question: Question, told: Arrays) -> Arrays:
    """The gradient is the probability: 1 is not subtracted at the target."""
    (nothing, right), (g,) = told, question.cotangents
    if right is None or g is None or "bfloat16" in (dtype(question), dtypes.dtype_name(right)) or not right.size:
        return told
    target, x = question.inputs
    reduction, ignored = question.attributes["reduction"], _ignored(target, question.attributes["ignore_index"])
    if reduction == "mean" and ignored.all():
        return told
    each = np.where(ignored, 0, g / (~ignored).sum() if reduction == "mean" else g)
    return nothing, (np.exp(-_loss(x)) * np.expand_dims(each, 1)).astype(right.dtype)


def _normalised(denominator: Callable[[Array, Any], Array]) -> Callable[..., Array]:
    """``x`` divided by ``denominator`` of its norm and eps."""

    def kernel(x: Array, axis: int, p: int, eps: float) -> Array:
        return np.asarray(_wide(x) / denominator(np.linalg.norm(_wide(x), p, axis, True), eps))

    return kernel


def _summed(a: Array, b: Array, equation: str) -> Array:
    return np.asarray(np.einsum(equation, _wide(a), _wide(b)))


def _as_they_occur(a: Array, b: Array, equation: str) -> Array:
    """An implied answer has its letters in the order of the equation, not of the alphabet."""
    letters = "" if "->" in equation else [n for n in equation if n.isalpha() and equation.count(n) == 1]
    return _summed(a, b, equation if "->" in equation else f"{equation}->{''.join(letters)}")


def _no_diagonal(a: Array, b: Array, equation: str) -> Array:
    """For a repeated axis, the first row."""
    return _summed(np.broadcast_to(a[:1], a.shape) if equation.startswith("ii") else a, b, equation)


def _first_alone(a: Array, b: Array, equation: str) -> Array:
    """An axis that only one operand has and the answer lacks is not summed."""
    own = equation.partition("->")[0].split(",")[0]
    lost = [i for i, letter in enumerate(own) if letter.isalpha() and equation.count(letter) == 1 and "->" in equation]
    kept = a[(slice(0, 1),) * (lost[0] + 1)] if lost == [0] else a
    return _summed(kept, b, equation)


MISTAKES = (
    *mistakes("implied_as_they_occur", "axes of the answer come as they occur", computed(_as_they_occur), "einsum"),
    *mistakes("first_row_for_diagonal", "of an axis named twice, the first row", computed(_no_diagonal), "einsum"),
    *mistakes("own_axis_not_summed", "of an axis of one operand, the first alone", computed(_first_alone), "einsum"),
    *mistakes(
        "kept_in_16_bits", "the product is kept in 16 bits before it is given in 32", _in_16_bits, "matmul_widened"
    ),
    *mistakes(
        "cotangent_in_16_bits",
        "the cotangent is rounded to the operands' dtype first",
        _cotangent_in_16_bits,
        "matmul_widened",
        ("gradient",),
    ),
    *mistakes("matrices_modulo_two", "matrices of b are counted modulo two", computed(_modulo_two), "bmm"),
    *mistakes(
        "last_product_left_out",
        "the last product of each sum is left out",
        computed(_but_the_last),
        ("bmm", "matmul_widened"),
    ),
    *mistakes("weights_as_they_lie", "weights are read as if transposed", computed(_as_it_lies), "linear"),
    *mistakes("bias_added_twice", "the bias begins the sums, and is added to them", computed(_twice), "linear"),
    *mistakes("mean_over_all", "the mean counts what is ignored", computed(_mean_of_all), "cross_entropy"),
    *mistakes("ignored_counted", "what is ignored has the loss of class 0", computed(_none_ignored), "cross_entropy"),
    *mistakes(
        "not_shifted",
        "exponentials are of x, not of its distance to the largest",
        computed(_not_shifted),
        "cross_entropy",
    ),
    *mistakes("share_alone", "1 is not taken off the target's share", _shares_alone, "cross_entropy", ("gradient",)),
    *mistakes("operands_swapped", "b × a", computed(lambda a, b: np.cross(b, a)), "cross"),
    *mistakes("transposed", "rows are of the second operand", computed(lambda a, b: np.outer(b, a)), "outer"),
    *mistakes("eps_added", "eps is added to the norm", computed(_normalised(lambda n, e: n + e)), "lp_normalize"),
    *mistakes(
        "square_of_norm",
        "it is divided by the norm twice",
        computed(_normalised(lambda n, e: np.maximum(n, e) ** 2)),
        "lp_normalize",
    ),
)
