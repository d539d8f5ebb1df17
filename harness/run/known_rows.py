"""What a run has seen of each known difference, for ``run.json``: here, and in other versions of the framework."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from opassay.harness.model.known import Known
from opassay.harness.run.engine import Engine
from opassay.harness.run.lane import Lane
from opassay.harness.run.pins import concerned, shown

_FIELDS = ("id", "op", "aspect", "verdict", "owner", "reason", "url", "title", "versions", "chance", "needs")
NAMED = 5
"""So many known differences are named in a warning about many."""


def known_rows(
    engine: Engine, adapter: str, entries: Sequence[Known], foreign: Collection[str]
) -> Iterator[dict[str, Any]]:
    """One row per entry: its fields, how many covered cases ``failed`` and ``passed``, its ``pin``, how ``broken``.

    ``failed_in`` has the failures by version. ``foreign`` are the labels of targets with an interpreter of their own:
    where such a one is another version than those that an entry names, what passes there does not outdate the entry.
    """
    lanes = _lanes(engine, adapter)
    for known in entries:
        bound = [lane for lane in lanes if lane.label not in foreign or seen_in(known, version(lane))]
        failed_in: dict[str, int] = {}
        for lane in lanes:
            if count := engine.tally.failed[lane.label, known.id]:
                failed_in[version(lane)] = failed_in.get(version(lane), 0) + count
        yield {
            **{name: getattr(known, name) for name in _FIELDS},
            "adapter": adapter,
            "failed": sum(failed_in.values()),
            "failed_in": failed_in,
            "passed": sum(engine.tally.passed[lane.label, known.id] for lane in bound),
            "pin": _pin(engine, bound, known, entries),
            "broken": engine.broken.get(known.id, ""),
        }


def other_versions(engine: Engine, adapter: str, entries: Sequence[Known], foreign: Collection[str]) -> list[str]:
    """A warning for each ``foreign`` target of another version whose answers to pinned cases are other ones."""
    lines = []
    for lane in _lanes(engine, adapter):
        if lane.label in foreign:
            others = [known for known in entries if not seen_in(known, version(lane))]
            lacks = [known.id for known in others if _pin(engine, [lane], known, entries) == "passes"]
            if lacks:
                names = ", ".join(lacks[:NAMED]) + (", …" if len(lacks) > NAMED else "")
                lines.append(
                    f"{lane.label}, {adapter} {version(lane)}, does not show {len(lacks)} of {len(others)} "
                    f"known differences that were seen in another version: {names}"
                )
    return lines


def seen_in(known: Known, version: str) -> bool:
    """Whether the entry names this version; one that names none means all."""
    named = re.findall(r"\d+(?:\.\w+)+", known.versions)
    return not named or version.partition("+")[0] in named


def _lanes(engine: Engine, adapter: str) -> list[Lane]:
    return [lane for lane in engine.lanes.values() if lane.target.adapter == adapter]


def version(lane: Lane) -> str:
    return str(lane.hello.get("version", ""))


def _pin(engine: Engine, lanes: Sequence[Lane], known: Known, entries: Sequence[Known]) -> str:
    told = (shown(engine.pins, lane.label, known, entries) for lane in lanes if concerned(lane, known))
    seen = [shows for shows in told if shows is not None]
    if not seen:
        return "not run"
    # What chance decides, it may never decide so in one of several modes.
    return "fails" if (any if known.chance else all)(seen) else "passes"
