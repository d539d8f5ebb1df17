"""What a run has seen of each known difference, for ``run.json``: in tested versions of the framework and in others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from opassay.harness.judge.facts import among
from opassay.harness.model.baseline import Unexplained
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.processors import kind_of
from opassay.harness.run.engine import Engine
from opassay.harness.run.lane import Lane
from opassay.harness.run.pins import concerned, shown

_FIELDS = ("id", "ops", "aspects", "verdicts", "owner", "reason", "url", "title", "versions", "flaky", "needs")
NAMED = 5
"""Most known differences that one warning names."""


def known_rows(engine: Engine, adapter: str, entries: Sequence[Fact]) -> Iterator[dict[str, Any]]:
    """One row per entry: its fields, the numbers of covered cases that ``failed`` and ``passed``, its ``pin``, and
    ``broken``.

    ``failed_in``: failures by version. ``failed_untested``: those in versions other than the entry's. Passes there do
    not outdate it. ``pins``: by case id, which targets were asked and whether they showed it. ``baseline``: whether it
    is an unexplained line of a baseline.
    """
    lanes = _lanes(engine, adapter)
    failed, passed = engine.known.tally.failed, engine.known.tally.passed
    for known in entries:
        bound = [lane for lane in lanes if seen_in(engine, known, lane)]
        failed_in: Counter[str] = Counter()
        for lane in lanes:
            failed_in[lane.version] += failed[lane.label, known.id]
        yield {
            **{name: getattr(known, name) for name in _FIELDS},
            "adapter": adapter,
            "failed": failed_in.total(),
            "failed_in": dict(+failed_in),
            "failed_untested": sum(failed[lane.label, known.id] for lane in lanes if lane not in bound),
            "passed": sum(passed[lane.label, known.id] for lane in bound),
            "pin": _pin(engine, bound, known),
            "pins": {pin.id: _asked(engine, lanes, known, pin) for pin in known.pins},
            "baseline": isinstance(known, Unexplained),
            "broken": engine.known.broken.get(known.id, ""),
        }


def other_versions(engine: Engine, adapter: str, entries: Sequence[Fact], listed: Counter[str]) -> Iterator[str]:
    """Warnings about targets with a version in which no known difference was seen.

    ``listed``: by target, the number of differences that are therefore not red.
    """
    untested = [lane for lane in _lanes(engine, adapter) if not among(lane.version, engine.known.tested(lane))]
    for version in dict.fromkeys(lane.version for lane in untested):
        lanes = [lane for lane in untested if lane.version == version]
        count = sum(listed[lane.label] for lane in lanes)
        yield f"{untested_line(engine, lanes[0])}: {not_red(count, '--strict')}"
    for lane in untested:
        others = [known for known in entries if not seen_in(engine, known, lane)]
        lacks = [known.id for known in others if _pin(engine, [lane], known) == "passes"]
        if lacks:
            names = ", ".join(lacks[:NAMED]) + (", …" if len(lacks) > NAMED else "")
            yield (
                f"{lane.label}, {adapter} {lane.version}, does not show {len(lacks)} of {len(others)} "
                f"known differences that were seen in another version: {names}"
            )


def untested_line(engine: Engine, lane: Lane) -> str:
    """A warning if a target's version is none of those in which its known differences were seen; else empty."""
    seen = engine.known.tested(lane)
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


def seen_in(engine: Engine, known: Fact, lane: Lane) -> bool:
    """Whether the entry was seen in the target's version. An entry without versions counts as seen where the others
    were.

    A line of a baseline may also name kinds of processor.
    """
    here = kind_of(lane.settings.get("instructions", "").split(","), lane.settings)
    if isinstance(known, Unexplained) and known.processors and here not in known.processors:
        return False
    return among(lane.version, known.seen or engine.known.tested(lane))


def _listed(versions: frozenset[str]) -> str:
    return ", ".join(sorted(versions))


def _lanes(engine: Engine, adapter: str) -> list[Lane]:
    return [lane for lane in engine.lanes.values() if lane.target.adapter == adapter]


def _asked(engine: Engine, lanes: Sequence[Lane], known: Fact, pin: Case) -> dict[str, bool]:
    """The targets that were asked ``pin`` for this entry, and whether it showed there."""
    one = replace(known, pins=(pin,))
    told = {lane.label: shown(engine.pins, lane.label, one) for lane in lanes if concerned(lane, known, pin)}
    return {label: shows for label, shows in told.items() if shows is not None}


def _pin(engine: Engine, lanes: Sequence[Lane], known: Fact) -> str:
    here = [lane for lane in lanes if any(concerned(lane, known, pin) for pin in known.pins)]
    told = (shown(engine.pins, lane.label, known) for lane in here)
    seen = [shows for shows in told if shows is not None]
    if not seen:
        return "not run"
    # A flaky difference may never show in one of several modes.
    return "fails" if (any if known.flaky else all)(seen) else "passes"
