"""The limits of ``clamp``, low first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opassay.cases.signatures.entry import Attribute

LOW, HIGH = (-1, 0, -3), (2, 1, 0, 3)
"""Whole numbers, so that they suit integers. What holds where they cross is left to frameworks: it is never drawn."""


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


LIMITED: Mapping[str, Any] = {
    "near": (-1, 0, 2),
    "attributes": {
        "low": Attribute("the least answer, a whole number", LOW, _whole),
        "high": Attribute("the largest answer, a whole number", HIGH, _whole),
    },
}
