"""Pinned cases of known differences: whether what they came to shows what the entries say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opassay.harness.judge.known import applies, guarded
from opassay.harness.model.known import Known
from opassay.harness.model.verdicts import FAILING
from opassay.harness.run.lane import Lane

Pins = Mapping[tuple[str, str], str]
"""The verdict on a pinned case, by target label and case id."""


def concerned(lane: Lane, known: Known) -> bool:
    """Whether the pin of ``known`` is put to a lane's target: it is about its mode, and about how it is set."""
    here = known.on(lane.settings)
    return here is not None and applies(guarded(here, {}), known.pin, lane.target.mode)


def shown(pins: Pins, label: str, known: Known, entries: Sequence[Known]) -> bool | None:
    """Whether the pin of ``known`` shows it on a target; None where nothing was answered.

    Where chance decides, any difference shows it, also on the pin of another of ``entries`` that has the same
    predicate: those are the verdicts that one mistake may come to.
    """
    alike = [known, *(other for other in entries if known.chance and _same(known, other))]
    verdicts = [pins.get((label, entry.pin.id), "unsupported") for entry in alike]
    found = [verdict for verdict in verdicts if verdict != "unsupported"]
    if not found:
        return None
    return any(verdict in FAILING for verdict in found) if known.chance else found[0] == known.verdict


def _same(known: Known, other: Known) -> bool:
    return (known.op, known.aspect, known.covers) == (other.op, other.aspect, other.covers)
