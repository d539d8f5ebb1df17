"""Facts about valid cases that are refused, recognised by what the refusal says. No framework here."""

from __future__ import annotations

from typing import Any

from opassay.adapters.kernels.values import empty_anywhere
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact


def refused(id: str, reason: str, *words: str, owner: str = "upstream", **more: Any) -> Fact:
    """A fact for refusals in which one of ``words`` stands. ``more``: ops, aspects, modes, versions, a page, when."""
    told = {"aspects": ("value", "gradient"), **more}
    return Fact(id, owner, reason, verdicts=("rejects",), words=words, **told)


def of_nothing(case: Case) -> bool:
    """Some input, cotangent or answer whose shape is given has no elements."""
    return empty_anywhere(case) or 0 in case.attributes.get("output_shape", ())
