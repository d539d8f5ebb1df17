"""What a run has seen of each known difference, for ``run.json``: here, and in other versions of the framework."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from opassay.harness.judge.known import among
from opassay.harness.model.known import Known
from opassay.harness.run.engine import Engine
from opassay.harness.run.lane import Lane
from opassay.harness.run.pins import concerned, shown

_FIELDS = ("id", "op", "aspect", "verdict", "owner", "reason", "url", "title", "versions", "chance", "needs")
NAMED = 5
"""So many known differences are named in a warning about many."""


def known_rows(engine: Engine, adapter: str, entries: Sequence[Known]) -> Iterator[dict[str, Any]]:
    """One row per entry: its fields, how many covered cases ``failed`` and ``passed``, its ``pin``, how ``broken``.

    ``failed_in`` has the failures by version, ``failed_untested`` how many were in other versions than the entry's.
    What passes there does not outdate it.
    """
    lanes = _lanes(engine, adapter)
    for known in entries:
        bound = [lane for lane in lanes if seen_in(engine, known, lane)]
        failed_in: Counter[str] = Counter()
        for lane in lanes:
            failed_in[lane.version] += engine.tally.failed[lane.label, known.id]
        yield {
            **{name: getattr(known, name) for name in _FIELDS},
            "adapter": adapter,
            "failed": failed_in.total(),
            "failed_in": dict(+failed_in),
            "failed_untested": sum(engine.tally.failed[lane.label, known.id] for lane in lanes if lane not in bound),
            "passed": sum(engine.tally.passed[lane.label, known.id] for lane in bound),
            "pin": _pin(engine, bound, known, entries),
            "broken": engine.broken.get(known.id, ""),
        }


def other_versions(engine: Engine, adapter: str, entries: Sequence[Known], listed: Counter[str]) -> Iterator[str]:
    """Warnings about targets in whose version no known difference was seen.

    ``listed``: by target, how many of its differences are not red for it.
    """
    untested = [lane for lane in _lanes(engine, adapter) if not among(lane.version, engine.tested(lane))]
    for version in dict.fromkeys(lane.version for lane in untested):
        lanes = [lane for lane in untested if lane.version == version]
        count = sum(listed[lane.label] for lane in lanes)
        yield f"{untested_line(engine, lanes[0])}: {not_red(count, '--strict')}"
    for lane in untested:
        others = [known for known in entries if not seen_in(engine, known, lane)]
        lacks = [known.id for known in others if _pin(engine, [lane], known, entries) == "passes"]
        if lacks:
            names = ", ".join(lacks[:NAMED]) + (", …" if len(lacks) > NAMED else "")
            yield (
                f"{lane.label}, {adapter} {lane.version}, does not show {len(lacks)} of {len(others)} "
                f"known differences that were seen in another version: {names}"
            )


def untested_line(engine: Engine, lane: Lane) -> str:
    """That the known differences were seen in other versions than a target's; empty where they were seen in its own."""
    seen = engine.tested(lane)
    if not lane.version or among(lane.version, seen):
        return ""
    name = lane.target.adapter
    return f"{name} {lane.version} is not among the versions that its known differences were seen on ({_listed(seen)})"


def not_red(count: int, switch: str) -> str:
    """How many differences are not red for their version, and which option makes them so."""
    if not count:
        return "no other difference was found"
    what = "1 other record differs and is" if count == 1 else f"{count} other records differ and are"
    return f"{what} listed, not red; {switch} makes {'it' if count == 1 else 'them'} red"


def seen_in(engine: Engine, known: Known, lane: Lane) -> bool:
    """Whether the entry was seen in the version of a target; one that names none was where the others were."""
    return among(lane.version, known.seen or engine.tested(lane))


def _listed(versions: frozenset[str]) -> str:
    return ", ".join(sorted(versions))


def _lanes(engine: Engine, adapter: str) -> list[Lane]:
    return [lane for lane in engine.lanes.values() if lane.target.adapter == adapter]


def _pin(engine: Engine, lanes: Sequence[Lane], known: Known, entries: Sequence[Known]) -> str:
    told = (shown(engine.pins, lane.label, known, entries) for lane in lanes if concerned(lane, known))
    seen = [shows for shows in told if shows is not None]
    if not seen:
        return "not run"
    # What chance decides, it may never decide so in one of several modes.
    return "fails" if (any if known.chance else all)(seen) else "passes"
