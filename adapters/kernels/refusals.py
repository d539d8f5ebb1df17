"""Facts about valid cases that are refused, recognised by the message. Imports no framework."""

from __future__ import annotations

from typing import Any

from opassay.adapters.kernels.values import empty_anywhere
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact


def refused(id: str, reason: str, *words: str, owner: str = "upstream", **more: Any) -> Fact:
    """A fact for refusals whose message contains one of ``words``. ``more``: other fields."""
    told = {"aspects": ("value", "gradient"), **more}
    return Fact(id, owner, reason, verdicts=("rejects",), words=words, **told)


def of_nothing(case: Case) -> bool:
    """Some input, cotangent or answer of a given shape has no elements."""
    return empty_anywhere(case) or 0 in case.attributes.get("output_shape", ())
