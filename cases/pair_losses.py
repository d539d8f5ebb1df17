"""Losses of targets and predictions of one shape, each of them or their mean or sum."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases import loss_pins
from opassay.cases.losses import REDUCED
from opassay.cases.signatures import kinds
from opassay.cases.signatures.attributes import positive
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.shaped import EXTENTS, FEW, Shape
from opassay.cases.signatures.shaped_entry import composed
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Op

DELTA = Attribute("a number above 0, where the slope stays", (1.0, 0.5, 2, 3.5), positive)
Losses = Callable[..., Real]


def _reduced(losses: Losses) -> Losses:
    def define(target: Real, x: Real, reduction: str | bool, **attributes: float) -> Real:
        return bounded.reduced(losses(target, x, **attributes), reduction)

    return define


def _shapes(extents: Sequence[int], way: str) -> list[Shape]:
    return [tuple(extents)] * 2


def _answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    return () if attributes["reduction"] else shapes[0]


def _terms(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    return math.prod(shapes[0]) if attributes["reduction"] else 1


def _alike(shapes: Sequence[Shape]) -> bool:
    return shapes[0] == shapes[1]


def _probabilities(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Fill:
    return Fill("probabilities")


def loss(name: str, losses: Losses, says: str, attributes: Mapping[str, Attribute] | None = None, **more: Any) -> Op:
    """A loss of each pair, which ``reduction`` sums or averages."""
    return composed(
        name,
        _reduced(losses),
        f"{says}; each, or their mean or sum.",
        ("target", "x"),
        _shapes,
        (FEW, EXTENTS, FEW, FEW),
        ranks=(1, 2, 2, 3, 4),
        answers=_answer,
        longest=_terms,
        fits=_alike,
        said="target has the shape of x",
        longer={"TargetShape": (0, -1)},
        attributes={**(attributes or {}), "reduction": REDUCED},
        pins=loss_pins.PAIRS[name],
        **{"traits": ("loss",), "values": kinds.VALUES, **more},
    )


LOGITS = kinds.pairs(("normal", "ties", "ints"), ("near", "near", "shifted", "wide", "special"))
OF_LOGITS: Mapping[str, Any] = {
    "own": {0: _probabilities},
    "inexact": True,
    "traits": ("loss", "exponential"),
    "values": LOGITS,
}

mse_loss = loss("mse_loss", bounded.squared_distance, "(x - target)²")
l1_loss = loss("l1_loss", bounded.distance, "|x - target|")
huber_loss = loss(
    "huber_loss",
    bounded.huber,
    "(x - target)² / 2 up to a distance of delta, then delta·(|x - target| - delta / 2)",
    {"delta": DELTA},
)
binary_cross_entropy_with_logits = loss(
    "binary_cross_entropy_with_logits",
    bounded.binary_cross_entropy,
    "-target·log(sigmoid(x)) - (1 - target)·log(1 - sigmoid(x)) of targets from 0 to 1",
    **OF_LOGITS,
)
kl_div = loss(
    "kl_div",
    bounded.divergence,
    "target·(log(target) - x) of targets from 0 to 1, 0 where target is 0; open if x is infinite there",
    **OF_LOGITS,
)
