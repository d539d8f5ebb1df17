"""Pins of losses: what is certain has loss 0, what has probability 0 the difference of the scores."""

from __future__ import annotations

from typing import Any

from opassay.cases.pins import BY_HAND, literal, pin
from opassay.harness.model.case import Tensor
from opassay.harness.model.op import Pin

SURE = literal((3, 2), (0, 1000, 1000, 0, 0, 1000))


def _certain(name: str, targets: tuple[int, ...], answer: Any, ignore_index: int, reduction: str | bool) -> Pin:
    tensors = (literal((3,), targets, "int64"), SURE)
    attributes = {"ignore_index": ignore_index, "reduction": reduction}
    return pin(name, "cross_entropy", tensors, (answer,), BY_HAND, **attributes)


CROSS_ENTROPY = (
    _certain("each", (0, 0, 1), [1000, 0, 0], False, False),
    _certain("some_ignored", (0, 0, -100), [1000, 0, 0], -100, False),
    _certain("sum_of_some", (0, 0, -100), 1000, -100, "sum"),
    _certain("mean_of_some", (0, 0, -100), 500, -100, "mean"),
    _certain("mean_of_none", (1, 1, 1), float("nan"), 1, "mean"),
)

TARGETS = literal((4,), (0.0, 1.0, -1.0, 2.0))
PREDICTIONS = literal((4,), (0.5, 1.0, 3.0, -1.0))
CERTAIN = literal((4,), (0.0, 1.0, 0.0, 1.0))
LOGITS = literal((4,), (-1000.0, 1000.0, 1000.0, -1000.0))
LOGARITHMS = literal((4,), (-2.0, -2.0, 0.0, 0.5))


def _reductions(name: str, tensors: tuple[Tensor, Tensor], each: list[float], **attributes: Any) -> tuple[Pin, ...]:
    answers = {"each": (each, False), "sum": (sum(each), "sum"), "mean": (sum(each) / len(each), "mean")}
    return tuple(
        pin(how, name, tensors, (answer,), BY_HAND, **attributes, reduction=reduction)
        for how, (answer, reduction) in answers.items()
    )


PAIRS = {
    "mse_loss": _reductions("mse_loss", (TARGETS, PREDICTIONS), [0.25, 0, 16, 9]),
    "l1_loss": _reductions("l1_loss", (TARGETS, PREDICTIONS), [0.5, 0, 4, 3]),
    "huber_loss": _reductions("huber_loss", (TARGETS, PREDICTIONS), [0.125, 0, 6, 4], delta=2.0),
    "binary_cross_entropy_with_logits": _reductions(
        "binary_cross_entropy_with_logits", (CERTAIN, LOGITS), [0, 0, 1000, 1000]
    ),
    "kl_div": _reductions("kl_div", (CERTAIN, LOGARITHMS), [0, 2, 0, -0.5]),
}
