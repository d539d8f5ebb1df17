"""The condition under which a finding shows: learned from the run's records, tested on new cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from opassay.harness.hunt.bench import Bench, labels_of
from opassay.harness.hunt.conditions import likeliest, on_new_cases
from opassay.harness.hunt.finding import Finding
from opassay.harness.model.case import Case
from opassay.harness.model.verdicts import Record
from opassay.harness.plan import generate

COMPARED = 200
"""Number of failing cases, and of cases that pass on the same target, that are compared."""

DRAWN = 100
"""Number of new geometries that are searched for cases with and without the condition."""


class Passed:
    """Some of the cases that passed, by op, aspect and target."""

    def __init__(self) -> None:
        self._cases: dict[tuple[str, str, str], list[str]] = {}

    def noting(self, records: Iterable[Record]) -> Iterator[Record]:
        """``records`` unchanged; the passing ones are collected."""
        for record in records:
            kept = self._cases.setdefault((record.op, record.aspect, record.target), [])
            if record.verdict == "pass" and len(kept) < COMPARED:
                kept.append(record.case)
            yield record

    def on(self, finding: Finding) -> list[Case]:
        """Those of the finding's op and aspect, on its first target."""
        return [Case.loads(text) for text in self._cases.get((finding.op, finding.aspect, finding.targets[0]), [])]


def when(bench: Bench, finding: Finding, failing: Sequence[Case], passing: Sequence[Case], seed: int) -> str:
    """The condition that shows the finding, and how many new cases fail with it; empty if they do not confirm it."""
    condition = likeliest(failing[:COMPARED], passing)
    if condition is None:
        return ""
    drawn = generate.cases(bench.op(finding.case), finding.aspect, seed + 1, 0, DRAWN, 2)

    def fails(case: Case) -> bool:
        # Any difference counts.
        return finding.targets[0] in labels_of(bench.sign(case, "nondeterministic"))

    tested = on_new_cases(condition, (case for _, case in drawn), fails)
    return str(tested) if tested.borne_out else ""
