"""Whether a difference reproduces: alone, in a fresh worker, twice."""

from __future__ import annotations

from dataclasses import dataclass

from opassay.harness.hunt.bench import Bench, Sign, labels_of
from opassay.harness.model.case import Case

FRESH = 2
MORE = 8
"""How often a flaky case runs again, in one worker, to measure how often it fails."""


@dataclass(frozen=True)
class Confirmation:
    """A case failed ``failed`` times in ``runs`` runs, the first of them in fresh workers."""

    failed: int
    runs: int

    @property
    def repeats(self) -> bool:
        return self.failed == self.runs

    def __str__(self) -> str:
        return f"{self.failed} of {self.runs}"


def confirm(bench: Bench, case: Case, verdict: str, sign: Sign) -> Confirmation:
    """Run ``case`` in ``FRESH`` fresh workers of each target in ``sign``; if one run differs, ``MORE`` times again."""
    failed = 0
    for _ in range(FRESH):
        bench.fresh(labels_of(sign))
        failed += sign <= bench.sign(case, verdict)
    if failed == FRESH:
        return Confirmation(failed, FRESH)
    failed += sum(sign <= bench.sign(case, verdict) for _ in range(MORE))
    return Confirmation(failed, FRESH + MORE)
