"""What the page shows beside the summary, read from the table and the folders beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.answers import Matrices, matrices
from reports.coverage import OpCoverage, coverage
from reports.findings import NOTHING_FOUND, Findings, read_findings
from reports.pictures import Pictures, read_pictures
from reports.rows import Results
from reports.trend import Trend, read_trend

_NO_ANSWERS = Matrices([], [], [], [])


@dataclass(frozen=True)
class Parts:
    """Sections of the page, each of which may be empty; ``coverage`` holds the targets and one entry per op."""

    pictures: Pictures | None = None
    findings: Findings = NOTHING_FOUND
    answers: Matrices = _NO_ANSWERS
    coverage: tuple[Sequence[str], Sequence[OpCoverage]] = ((), ())
    trend: Trend | None = None


def read_parts(folder: Path, table: Results, run: Mapping[str, Any], before: Sequence[Path] = ()) -> Parts:
    """All parts of the run in ``folder``; the trend, where there are runs ``before`` it, oldest first."""
    trend = read_trend([*before, folder]) if before else None
    return Parts(read_pictures(folder), read_findings(folder), matrices(table, run), coverage(table, run), trend)
