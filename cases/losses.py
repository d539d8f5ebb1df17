"""Losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.adapters.oracle.loss_choices import TARGETS
from opassay.cases import loss_pins
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.reduction import SHARES
from opassay.cases.signatures.rules import More
from opassay.cases.signatures.shaped import EXTENTS, FEW, Shape
from opassay.cases.signatures.shaped_entry import composed
from opassay.harness.model.case import Case
from opassay.harness.model.fills import Fill

IGNORED = Attribute("an integer, or False", (False, False, False, -100, 0, 1), lambda value: isinstance(value, int))
REDUCED = Attribute("sum, mean or False", (False, False, "mean", "sum"), lambda value: value in (False, "mean", "sum"))
NO_CLASSES_NEEDED = ("",) * 38 + ("first", "first")


def _ignored(target: np.ndarray, ignore_index: int) -> np.ndarray:
    """Which targets are ignored; none if it is False, which is not the class 0."""
    return np.zeros(target.shape, dtype=bool) if ignore_index is False else target == ignore_index


def _cross_entropy(target: Real, x: Real, ignore_index: int, reduction: str) -> Real:
    ignored = _ignored(target.value, ignore_index)
    beyond = ~ignored & ((target.value < 0) | (target.value >= x.shape[1]))
    losses = bounded.unsigned(-bounded.taken(bounded.log_softmax(x, 1, alone=True), target.value, 1, ignored | beyond))
    losses = bounded.where(beyond, float("nan"), losses) if beyond.any() else losses
    if not reduction:
        return losses
    total = bounded.reduce_sum(losses, range(len(losses.shape)))
    return total if reduction == "sum" else total / float(np.count_nonzero(~ignored))


def _shapes(extents: Sequence[int], way: str) -> list[Shape]:
    """Shapes of the targets, and of the scores per class, along axis 1."""
    batch, classes, *places = extents
    return [(batch, *places), (batch, classes, *places)]


def _answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    return () if attributes["reduction"] else shapes[0]


def _fits(shapes: Sequence[Shape]) -> bool:
    target, x = shapes
    return len(x) >= 2 and target == (x[0], *x[2:])


def _labels(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Fill:
    return Fill("labels", limits=(shapes[1][1], int(attributes["ignore_index"])))


def _known_classes(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> bool:
    target, x = inputs
    known = (target >= 0) & (target < x.shape[1])
    return bool((known | _ignored(target, attributes["ignore_index"])).all())


def _beyond(case: Case) -> Case:
    """Every target is the number of classes."""
    target, x = case.tensors
    beyond = Fill("labels", limits=(1, x.shape[1], x.shape[1]))
    ignoring_none = {**case.attributes, "ignore_index": False}
    return replace(case, tensors=(replace(target, fill=beyond), x), attributes=ignoring_none)


KNOWN = More("TargetOutOfRange", "a target is a class, or ignored", _known_classes, _beyond)

cross_entropy = composed(
    "cross_entropy",
    _cross_entropy,
    "-log softmax(x) of each target's class, along axis 1; of those that are not ignored the sum or the mean.",
    ("target", "x"),
    _shapes,
    (FEW, EXTENTS, FEW, FEW),
    ranks=(2, 2, 3, 4),
    answers=_answer,
    empties=NO_CLASSES_NEEDED,
    fits=_fits,
    said="target has the shape of x without axis 1, that of the classes",
    longer={"TargetShape": (0, 0)},
    more=(KNOWN,),
    choices=(TARGETS,),
    attributes={"ignore_index": IGNORED, "reduction": REDUCED},
    fixed={0: "int64"},
    own={0: _labels},
    differentiable=("x",),
    traits=("loss", "exponential"),
    values=SHARES,
    pins=loss_pins.CROSS_ENTROPY,
)
