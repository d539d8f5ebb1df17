"""Whether a run is green: decided from its records and its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from opassay.harness.model.fact import apart
from opassay.harness.model.verdicts import Record

INTERRUPTED = 130
"""The status after Ctrl-C or SIGTERM, as shells have it for the first: 128 + SIGINT."""


class Counts:
    """What the status depends on, counted record by record, so that none has to be kept.

    ``new``: differences that no fact covers; ``listed``: by target, those of them in untested versions. ``chosen``: by
    adapter and choice, the records that passed under it and those that did not.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.made: Counter[tuple[str, str, str]] = Counter()
        self.faults = 0
        self.new = 0
        self.listed: Counter[str] = Counter()
        self.chosen: Counter[tuple[str, str, bool]] = Counter()
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        self.made[record.op, record.aspect, record.target] += 1
        self.faults += record.verdict == "fault"
        self.new += record.new
        self.listed[record.target] += record.listed
        for label in apart(record.choice):
            self.chosen[record.adapter, label, record.verdict == "pass"] += 1

    @property
    def total(self) -> int:
        return sum(self.made.values())


def exit_status(run: Mapping[str, Any], counts: Counts, strict: bool) -> tuple[int, list[str]]:
    """The status of ``opassay run`` and, unless it is 0, why."""
    planned = sum(shard["planned"] for shard in run["shards"])
    missing = _missing(run, counts)
    reasons = []
    if counts.faults:
        reasons.append(f"{counts.faults} faults of opassay or an adapter")
    reasons += [f"a fault of opassay: {line}" for line in run["faults"]]
    if red := counts.new - (0 if strict else counts.listed.total()):
        reasons.append(f"{red} records differ in a way no known difference covers")
    if missing or not counts.total:
        reasons.append(
            f"{missing} of {planned} planned records are missing" if counts.total else "nothing was executed"
        )
    reasons += [f"target {t} answered nothing: the budget was too short" for t in _unasked(run)]
    reasons += [f"target {t} {state['state']}" for t, state in run["targets"].items() if state["state"] != "ready"]
    reasons += [w for w in outdated(run) if strict]
    return (3 if counts.faults or run["faults"] else 1 if reasons else 0), reasons


def _unasked(run: Mapping[str, Any]) -> Iterator[str]:
    """Targets whose shards the budget left out altogether."""
    planned, left = Counter[str](), Counter[str]()
    for shard in run["shards"] if run.get("budget") else ():
        planned[shard["target"]] += shard["planned"]
        left[shard["target"]] += shard["not_planned"]
    yield from (target for target, count in left.items() if count and not planned[target])


def outdated(run: Mapping[str, Any]) -> list[str]:
    """Known differences whose pins pass, that cover passing cases without being flaky, or whose predicate raised."""
    lines = []
    for known in run["known"]:
        if known["broken"]:
            lines.append(f"the predicate of known difference {known['id']!r} raised {known['broken']}")
        if known["pin"] == "passes":
            mend = "opassay known update drops it" if known.get("baseline") else "remove it"
            lines.append(f"known difference {known['id']!r} no longer shows in its pinned case: fixed? {mend}")
        if known["passed"] and not known["flaky"]:
            lines.append(f"known difference {known['id']!r} covers {known['passed']} cases that pass: too broad")
    return lines


def _missing(run: Mapping[str, Any], counts: Counts) -> int:
    """Planned records that do not exist, per shard: a surplus elsewhere does not make up for them."""
    return sum(max(0, s["planned"] - counts.made[s["op"], s["aspect"], s["target"]]) for s in run["shards"])
