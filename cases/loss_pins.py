"""Pins of losses: a certain class has loss 0, a class of probability 0 the difference of the scores."""

from __future__ import annotations

from typing import Any

from opassay.cases.pins import BY_HAND, literal, pin
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
