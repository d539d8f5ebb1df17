"""Which known difference, if any, covers a record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.model.case import Case
from harness.model.known import Known


def applies(known: Known, case: Case, mode: str) -> bool:
    """Whether the case lies where ``known`` says the framework differs, whatever the verdict."""
    return (
        known.op == case.op
        and known.aspect == case.aspect
        and (not known.modes or mode in known.modes)
        and known.covers(case)
    )


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
