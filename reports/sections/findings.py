"""``findings/`` beside the table: one folder per difference, with its smallest case, issue text and scripts.

Read as untrusted input: a finding or script that cannot be read becomes a line for the reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.harness.model.verdicts import severity
from opassay.reports.data.finding_file import FindingFile, Reproduction, read_finding
from opassay.reports.data.foreign import Unreadable, read_bytes, word
from opassay.reports.data.text import clean, plural, shorten
from opassay.reports.sections.finding_facts import facts
from opassay.reports.sections.heatmaps import Heatmap, heatmaps

FOLDER = "findings"
FINDING_LIMIT = 100
BUDGET = 1_000_000
"""The most characters of all findings of a page: the least grave are left out."""
SCRIPT_BYTES = 64 << 10
FILE_BYTES = 4 << 20
OUTPUT_LIMIT = 4_000
SCRIPT_LIMIT = 20_000
PICTURED_TARGETS = 4


class Script(Reproduction):
    """A script that shows the finding, with its ``text``."""

    text: str

    @property
    def ended(self) -> str:
        """How it ended, in words."""
        if self.exit_status is None:
            return "It did not end in time"
        return f"It ended by signal {-self.exit_status}" if self.exit_status < 0 else f"Exit status {self.exit_status}"


class Finding(FindingFile):
    """A finding as the page shows it.

    ``rows``: heat maps per target; ``lines``: what could not be read.
    """

    id: str
    issue: str
    rows: list[tuple[str, tuple[Heatmap, ...]]]
    scripts: list[Script]
    lines: list[str]

    @property
    def severity(self) -> tuple[int, bool]:
        """Sorts the gravest first."""
        tensors = [t for name in ("tensors", "cotangents") for t in _listed(self.case, name)]
        return severity(self.verdict, any(0 in _listed(tensor, "shape") for tensor in tensors))

    @property
    def case_text(self) -> str:
        return json.dumps(self.case, separators=(",", ":"))

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Names and values, such as the worst element."""
        return facts(self)


@dataclass(frozen=True)
class Findings:
    """The findings of a run, the gravest first, and lines about what could not be read."""

    shown: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = ()


NOTHING_FOUND = Findings()


def read_findings(folder: Path) -> Findings:
    """The contents of ``findings/`` in ``folder``; empty without it. Never raises for what the files hold."""
    folder = Path(folder) / FOLDER
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    found, lines = [], []
    for name in names[:FINDING_LIMIT]:
        try:
            found.append(_finding(folder / name))
        except Unreadable as error:
            lines.append(f"Finding {word(name, 80)} cannot be shown: {error}.")
    shown = list(_within_budget(sorted(found, key=lambda f: (f.severity, -f.records, f.id))))
    left_out = len(names[FINDING_LIMIT:]) + len(found) - len(shown)
    if left_out:
        lines.append(f"{plural(left_out, 'more finding')} in {FOLDER}/ left out here to keep the page small.")
    return Findings(tuple(shown), tuple(lines))


def _within_budget(found: Iterable[Finding]) -> Iterator[Finding]:
    left = BUDGET
    for finding in found:
        left -= _length(finding)
        if left >= 0:
            yield finding


def _length(f: Finding) -> int:
    scripts = sum(len(script.text) + len(script.output) for script in f.scripts)
    pictures = sum(len(picture.uri) + 120 * len(picture.texts) for _, maps in f.rows for picture in maps)
    return len(f.message) + len(f.case_text) + len(f.issue) + scripts + pictures


def _finding(folder: Path) -> Finding:
    given = read_finding(folder)
    scripts, lines = _scripts(folder, given.reproductions)
    return Finding.model_construct(
        **vars(given),
        id=word(folder.name, 80),
        issue=_optional(folder, "issue.md", SCRIPT_LIMIT),
        rows=_rows(given),
        scripts=scripts,
        lines=[*([f"A fault of opassay: {given.fault}."] if given.fault else []), *lines],
    )


def _listed(given: Any, name: str) -> list[Any]:
    found = given.get(name) if isinstance(given, dict) else None
    return found if isinstance(found, list) else []


def _rows(given: FindingFile) -> list[tuple[str, tuple[Heatmap, ...]]]:
    """Heat maps of the answer of each target."""
    answers = [(name, answer) for name, answer in given.actual.items() if name in given.targets]
    drawn = [(name, heatmaps(given.expected, answer, given.worst.place)) for name, answer in answers]
    return [(name, maps) for name, maps in drawn[:PICTURED_TARGETS] if maps]


def _scripts(folder: Path, entries: Iterable[Reproduction]) -> tuple[list[Script], list[str]]:
    scripts, lines = [], []
    for entry in entries:
        try:
            scripts.append(_script(folder, entry))
        except Unreadable as error:
            lines.append(f"A script cannot be shown: {error}.")
    return scripts, lines


def _script(folder: Path, entry: Reproduction) -> Script:
    text = shorten(_decoded(read_bytes(folder, entry.file, SCRIPT_BYTES)), SCRIPT_LIMIT)
    output = entry.output or _optional(folder, f"{Path(entry.file).stem}.txt", OUTPUT_LIMIT)
    return Script.model_construct(**{**vars(entry), "file": clean(entry.file), "output": output}, text=text)


def _optional(folder: Path, name: str, limit: int) -> str:
    try:
        return shorten(_decoded(read_bytes(folder, name, FILE_BYTES)), limit)
    except Unreadable:
        return ""


def _decoded(data: bytes) -> str:
    return clean(data.decode("utf-8", "replace"))
