"""The limits of ``clamp``, low first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.cases.pins import literal
from opassay.cases.signatures.attributes import whole
from opassay.cases.signatures.entry import Attribute
from opassay.harness.model.case import Case
from opassay.harness.model.op import Pin

LOW, HIGH = (-1, 0, -3), (2, 1, 0, 3, 2, 1, 0, 3, -2)
"""Integers, so that they suit integer dtypes. Few cross, since frameworks differ on that."""


def clamped(x: bounded.Real, low: int, high: int) -> bounded.Real:
    """``bounded.clamp``, which is open where the limits cross."""
    y = bounded.clamp(x, low, high)
    return y if low <= high else bounded.left_open(y, np.broadcast_to(True, y.shape))


CROSSED = Pin(
    "limits_crossed",
    Case("clamp", (literal((4,), (-9.0, 0.0, 9.0, math.nan)),), {"low": 2, "high": -1}),
    (),
    "what a target declares says what each gives",
)

LIMITED: Mapping[str, Any] = {
    "pins": (CROSSED,),
    "near": (-1, 0, 2),
    "attributes": {
        "low": Attribute("the least answer, a whole number", LOW, whole),
        "high": Attribute("the largest answer, a whole number", HIGH, whole),
    },
}
