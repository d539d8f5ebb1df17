"""Whether a run is green: decided from its records and its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.model.verdicts import Record

INTERRUPTED = 130
"""The status after Ctrl-C, as shells have it: 128 + SIGINT."""


def exit_status(run: Mapping[str, Any], records: Sequence[Record], strict: bool) -> tuple[int, list[str]]:
    """The status of ``opassay run`` and, unless it is 0, why."""
    faults = sum(r.verdict == "fault" for r in records)
    new = sum(r.new for r in records)
    planned = sum(shard["planned"] for shard in run["shards"])
    missing = _missing(run, records)
    reasons = []
    if faults:
        reasons.append(f"{faults} faults of opassay or an adapter")
    if new:
        reasons.append(f"{new} records differ in a way no known difference covers")
    if missing or not records:
        reasons.append(f"{missing} of {planned} planned records are missing" if records else "nothing was executed")
    reasons += [f"target {t} {state['state']}" for t, state in run["targets"].items() if state["state"] != "ready"]
    reasons += [w for w in outdated(run) if strict]
    return (3 if faults else 1 if reasons else 0), reasons


def outdated(run: Mapping[str, Any]) -> list[str]:
    """Known differences that no longer hold, or that cover cases that pass."""
    lines = []
    for known in run["known"]:
        if known["pin"] == "passes":
            lines.append(f"known difference {known['id']!r} no longer shows in its pinned case: fixed? remove it")
        if known["passed"]:
            lines.append(f"known difference {known['id']!r} covers {known['passed']} cases that pass: too broad")
    return lines


def _missing(run: Mapping[str, Any], records: Sequence[Record]) -> int:
    """Records that were planned and do not exist, counted per shard: a surplus elsewhere does not make up for them."""
    made = Counter((r.op, r.aspect, r.target) for r in records)
    return sum(max(0, s["planned"] - made[s["op"], s["aspect"], s["target"]]) for s in run["shards"])
