"""A shard's report, stored beside its records: the state of a campaign follows from all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from opassay.harness.fleet.tasks import Task
from opassay.harness.model.messages import normalised
from opassay.harness.model.verdicts import Record
from opassay.harness.run.engine import Engine
from opassay.harness.run.status import Counts

KINDS = 200
"""Most kinds of new differences that one report names. A shard with more is broken in one way."""


def tell(engine: Engine, records: Iterable[Record], seconds: float) -> dict[str, Any]:
    """The report as JSON: counts of records, kinds of new ones, and what was seen of known differences."""
    counts, kinds = Counts(), dict[tuple[str, ...], None]()
    for record in records:
        counts.add(record)
        if record.new and len(kinds) < KINDS:
            kinds[kind(record)] = None
    known = engine.known
    (lane,) = engine.lanes.values()
    return {
        "records": counts.total,
        "faults": counts.faults,
        "new": counts.new,
        "listed": counts.listed.total(),
        "chosen": [[*key, number] for key, number in counts.chosen.items()],
        "kinds": [list(found) for found in kinds],
        "failed": _by_fact(known.tally.failed),
        "passed": _by_fact(known.tally.passed),
        "pins": [[case, verdict, sorted(ids)] for (_, case), (verdict, ids) in engine.pins.items()],
        "broken": dict(known.broken),
        "problems": list(known.faults),
        "lines": list(engine.ends.lines),
        "threads": lane.threads,
        "seconds": round(seconds, 3),
    }


def kind(record: Record) -> tuple[str, ...]:
    """What new records of one cause have in common, on any target and in any shard."""
    return record.op, record.aspect, record.verdict, normalised(record.message) or record.error_type


def _by_fact(counter: Mapping[tuple[str, str], int]) -> dict[str, int]:
    return {id: number for (_, id), number in counter.items()}


class Sum:
    """The sum of many reports.

    ``pins``: of the run with the fewest threads, as in a run on one machine. ``counts``: as a run has them. ``kinds``:
    the kinds of new differences. ``several``: the targets that ran with several threads.
    """

    def __init__(self) -> None:
        self.counts = Counts()
        self.kinds: set[tuple[str, ...]] = set()
        self.lines: dict[str, None] = {}
        self.problems: dict[str, None] = {}
        self.broken: dict[str, str] = {}
        self.failed: Counter[tuple[str, str]] = Counter()
        self.passed: Counter[tuple[str, str]] = Counter()
        self.pins: dict[tuple[str, str], tuple[int, str, frozenset[str]]] = {}
        self.several: set[str] = set()

    def add(self, task: Task, adapter: str, told: Mapping[str, Any]) -> None:
        """Add the report of one shard."""
        self.counts.made[task.cell] += told["records"]
        self.counts.faults += told["faults"]
        self.counts.new += told["new"]
        self.counts.listed[task.target] += told["listed"]
        for of, label, passed, number in told["chosen"]:
            self.counts.chosen[of, label, passed] += number
        self.kinds |= {tuple(found) for found in told["kinds"]}
        self._known(task, told)
        self.lines |= dict.fromkeys(told["lines"])
        self.problems |= dict.fromkeys(told["problems"])
        self.several |= {task.target} if told["threads"] > 1 else set()

    def _known(self, task: Task, told: Mapping[str, Any]) -> None:
        for counter, name in ((self.failed, "failed"), (self.passed, "passed")):
            for id, number in told[name].items():
                counter[task.target, id] += number
        self.broken |= told["broken"]
        for case, verdict, ids in told["pins"]:
            found = task.start, verdict, frozenset(ids)
            key = task.target, case
            self.pins[key] = min(self.pins.get(key, found), found, key=lambda pin: pin[0])

    def into(self, engine: Engine) -> None:
        """Give ``engine``, which asked nothing, the counts of the shards' engines."""
        engine.known.tally.failed, engine.known.tally.passed = self.failed, self.passed
        engine.known.broken, engine.known.faults = self.broken, list(self.problems)
        engine.pins = {key: (verdict, ids) for key, (_, verdict, ids) in self.pins.items()}
        engine.ends.lines = sorted(self.lines)
        for lane in engine.lanes.values():
            if lane.label in self.several:
                lane.settings = {**lane.settings, "parallel": "yes"}
        engine.known.forget([lane.label for lane in engine.lanes.values()])
