"""Pins of facts: whether their verdicts show what the facts say."""

from __future__ import annotations

from collections.abc import Mapping

from opassay.harness.judge.facts import applies, guarded
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.verdicts import FAILING
from opassay.harness.run.lane import Lane

Pins = dict[tuple[str, str], tuple[str, frozenset[str]]]
"""The verdict on a pinned case, and the ids of the facts that cover it, by target label and case id."""


def concerned(lane: Lane, fact: Fact, pin: Case) -> bool:
    """Whether ``pin`` concerns a lane's target: its mode and its settings."""
    here = fact.on(lane.settings)
    return here is not None and applies(guarded(here, {}), pin, lane.target.mode)


def shown(pins: Mapping[tuple[str, str], tuple[str, frozenset[str]]], label: str, fact: Fact) -> bool | None:
    """Whether any pin of ``fact`` shows it on a target; None without an answer.

    For a flaky fact, any difference counts.
    """
    told = [pins[label, pin.id] for pin in fact.pins if (label, pin.id) in pins]
    found = [(verdict, covering) for verdict, covering in told if verdict != "unsupported"]
    if not found:
        return None
    return any(verdict in FAILING if fact.flaky else fact.id in covering for verdict, covering in found)
