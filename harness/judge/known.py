"""Which known difference, if any, covers a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from opassay.harness.model.case import Case
from opassay.harness.model.known import Known

EXECUTED = ("rejects", "shape", "dtype", "crash", "hang")
"""Verdicts on a forward result that the aspect ``shape``, which executes the same call, must come to as well."""


def concerns(known: Known, case: Case) -> bool:
    """Whether ``known`` is about the case's op and aspect."""
    same = known.aspect == case.aspect
    executed = case.aspect == "shape" and known.aspect == "value" and known.verdict in EXECUTED
    return known.op == case.op and (same or executed)


def applies(known: Known, case: Case, mode: str) -> bool:
    """Whether the case lies where ``known`` says the framework differs, whatever the verdict."""
    return concerns(known, case) and (not known.modes or mode in known.modes) and known.covers(case)


def versions_of(entries: Iterable[Known]) -> frozenset[str]:
    """The versions that entries name: where any differ in another one, nobody has looked. Empty: they hold for all."""
    return frozenset().union(*(known.seen for known in entries))


def among(version: str, versions: Collection[str]) -> bool:
    """Whether ``version``, whatever its build, is one of ``versions``; all are where none is named."""
    return not versions or version.partition("+")[0] in versions


def guarded(known: Known, broken: dict[str, str]) -> Known:
    """``known``, covering nothing where its predicate raises: what that said is kept in ``broken``, by its id."""

    def covers(case: Case) -> bool:
        try:
            return known.covers(case)
        except Exception as error:
            broken.setdefault(known.id, f"{type(error).__name__}: {error}, on case {case.id}")
            return False

    return replace(known, covers=covers)


class Tally:
    """Counts, per target and known difference, the covered cases that failed as it says and those that passed."""

    def __init__(self) -> None:
        self.failed: Counter[tuple[str, str]] = Counter()
        self.passed: Counter[tuple[str, str]] = Counter()

    def count(self, entries: Iterable[Known], case: Case, label: str, mode: str, verdict: str) -> Known | None:
        """Count one record; the first entry that covers its verdict, or None."""
        found = None
        for known in entries:
            if verdict not in (known.verdict, "pass") or not applies(known, case, mode):
                continue
            if verdict == "pass":
                self.passed[label, known.id] += 1
            else:
                self.failed[label, known.id] += 1
                found = found or known
        return found
