"""What the page shows beside the summary, read from the table and the folders beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.reports.data.rows import Results
from opassay.reports.sections.answers import Matrices, matrices
from opassay.reports.sections.attempts import STRICT, Attempts
from opassay.reports.sections.coverage import OpCoverage, coverage
from opassay.reports.sections.findings import NOTHING_FOUND, Findings, read_findings
from opassay.reports.sections.pictures import Pictures, read_pictures
from opassay.reports.sections.trend import Trend, read_trend

_NO_ANSWERS = Matrices([], [], [], [])


@dataclass(frozen=True)
class Parts:
    """Sections of the page, each of which may be empty; ``coverage`` holds the targets and one entry per op."""

    pictures: Pictures | None = None
    findings: Findings = NOTHING_FOUND
    answers: Matrices = _NO_ANSWERS
    coverage: tuple[Sequence[str], Sequence[OpCoverage]] = ((), ())
    trend: Trend | None = None


def read_parts(
    folder: Path, table: Results, run: Mapping[str, Any], before: Sequence[Path] = (), attempt: Attempts = STRICT
) -> Parts:
    """All parts of the run in ``folder``; the trend, where there are runs ``before`` it, oldest first."""
    nothing = Parts()
    return Parts(
        pictures=attempt("the section on pictures", lambda: read_pictures(folder), None),
        findings=attempt("the section on findings", lambda: read_findings(folder), nothing.findings),
        answers=attempt("the section on answers", lambda: matrices(table, run), nothing.answers),
        coverage=attempt("the section on coverage", lambda: coverage(table, run), nothing.coverage),
        trend=attempt("the section on the trend", lambda: read_trend([*before, folder]), None) if before else None,
    )
