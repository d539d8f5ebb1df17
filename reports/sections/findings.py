"""``findings/`` beside the table: one folder per difference, with its smallest case, issue text and scripts.

Read as untrusted input: what is absent or of another type is left out or becomes a line for the reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.harness.model.verdicts import severity
from opassay.reports.data.foreign import Unreadable, read_bytes, word
from opassay.reports.data.text import clean, plural, shorten
from opassay.reports.sections.finding_facts import facts
from opassay.reports.sections.heatmaps import Heatmap, heatmaps

FOLDER = "findings"
FINDING_LIMIT = 100
BUDGET = 1_000_000
"""How many characters all findings of a page have at most: the least grave are left out."""
SCRIPT_BYTES = 64 << 10
FILE_BYTES = 4 << 20
OUTPUT_LIMIT = 4_000
SCRIPT_LIMIT = 20_000
PICTURED_TARGETS = 4


@dataclass(frozen=True)
class Script:
    """A script that shows the finding, what it printed, and whether that is the difference.

    ``standalone``: it needs NumPy and the framework only, not opassay.
    """

    adapter: str
    file: str
    text: str
    output: str
    exit_status: str
    reproduces: bool
    standalone: bool


@dataclass(frozen=True)
class Finding:
    """One difference in the reader's words.

    ``facts``: names and values, such as the worst element; ``rows``: heat maps per target; ``lines``: what could not
    be read.
    """

    id: str
    op: str
    aspect: str
    verdict: str
    targets: tuple[str, ...]
    count: int
    cause: str
    message: str
    case: str
    url: str
    title: str
    suspect_oracle: bool
    issue: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Heatmap, ...]], ...]
    scripts: tuple[Script, ...]
    lines: tuple[str, ...]
    empty: bool
    threads: int

    @property
    def severity(self) -> tuple[int, bool]:
        """How grave it is: the gravest sorts first."""
        return severity(self.verdict, self.empty)


@dataclass(frozen=True)
class Findings:
    """The findings of a run, the gravest first, and lines about what could not be read."""

    shown: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = ()


NOTHING_FOUND = Findings()


def read_findings(folder: Path) -> Findings:
    """What ``findings/`` in ``folder`` holds; nothing if there is none. Never raises for what the files hold."""
    folder = Path(folder) / FOLDER
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    found, lines = [], []
    for name in names[:FINDING_LIMIT]:
        try:
            found.append(_finding(folder / name))
        except Unreadable as error:
            lines.append(f"Finding {word(name, 80)} cannot be shown: {error}.")
    shown = list(_within_budget(sorted(found, key=lambda f: (f.severity, -f.count, f.id))))
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
    return len(f.message) + len(f.case) + len(f.issue) + scripts + pictures


def _finding(folder: Path) -> Finding:
    given = _json(folder, "finding.json")
    targets = tuple(_words(given.get("targets")))
    scripts, lines = _scripts(folder, given.get("reproductions"))
    fault = _text(given.get("fault"), OUTPUT_LIMIT)
    lines = [f"A fault of opassay: {fault}."] * bool(fault) + lines
    case = given.get("case")
    return Finding(
        id=word(folder.name, 80),
        **{name: _text(given.get(name), 200) for name in ("op", "aspect", "verdict", "url", "title")},
        targets=targets,
        count=_count(given),
        cause=_text(given.get("explained_by"), 500),
        message=_text(given.get("message"), OUTPUT_LIMIT),
        case=json.dumps(case, separators=(",", ":")) if isinstance(case, dict) else _text(case, SCRIPT_LIMIT),
        suspect_oracle=given.get("suspect_oracle") is True,
        issue=_optional(folder, "issue.md", SCRIPT_LIMIT),
        facts=facts(given),
        rows=_rows(given, targets),
        scripts=tuple(scripts),
        lines=tuple(lines),
        empty=_empty(case),
        threads=_threads(given.get("threads")),
    )


def _threads(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4096 else 1


def _empty(case: Any) -> bool:
    """Whether one of the case's tensors has no element."""
    tensors = [t for name in ("tensors", "cotangents") for t in _listed(case, name) if isinstance(t, dict)]
    return any(0 in _listed(tensor, "shape") for tensor in tensors)


def _listed(given: Any, name: str) -> list[Any]:
    found = given.get(name) if isinstance(given, dict) else None
    return found if isinstance(found, list) else []


def _json(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        given = json.loads(read_bytes(folder, name, FILE_BYTES))
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable(f"{name} is not JSON") from None
    if not isinstance(given, dict):
        raise Unreadable(f"{name}: expected an object, got {type(given).__name__}")
    return given


def _words(value: Any) -> Iterable[str]:
    return [word(item, 80) for item in value[:24]] if isinstance(value, list) else []


def _text(value: Any, limit: int) -> str:
    return shorten(clean(value), limit) if isinstance(value, str) else ""


def _count(given: Mapping[str, Any]) -> int:
    found = next((given[name] for name in ("records", "count") if isinstance(given.get(name), int)), 0)
    return max(0, int(found))


def _rows(given: Mapping[str, Any], targets: tuple[str, ...]) -> tuple[tuple[str, tuple[Heatmap, ...]], ...]:
    """Heat maps of each target's answer, or of the one answer where they are not kept apart."""
    expected, actual, place = given.get("expected"), given.get("actual"), _place(given)
    apart = isinstance(actual, dict) and bool(actual) and all(name in targets for name in actual)
    answers = list(actual.items())[:PICTURED_TARGETS] if isinstance(actual, dict) and apart else [("", actual)]
    drawn = [(word(name, 80) if name else "", heatmaps(expected, answer, place)) for name, answer in answers]
    return tuple((name, maps) for name, maps in drawn if maps)


def _place(given: Mapping[str, Any]) -> str:
    """Where the worst element is: ``y[0,2,1]``, given as a text or as one value of a mapping."""
    worst = given.get("worst_index") or given.get("worst")
    told = list(worst.values()) if isinstance(worst, dict) else [worst]
    return next((text for text in told if isinstance(text, str) and "[" in text), "")


def _scripts(folder: Path, entries: Any) -> tuple[list[Script], list[str]]:
    scripts, lines = [], []
    for entry in entries[:12] if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        name = entry.get("file")
        try:
            if not isinstance(name, str):
                raise Unreadable("no file is named")
            text = _decoded(read_bytes(folder, name, SCRIPT_BYTES))
        except Unreadable as error:
            lines.append(f"A script cannot be shown: {error}.")
            continue
        scripts.append(_script(folder, entry, name, text))
    return scripts, lines


def _script(folder: Path, entry: Mapping[str, Any], name: str, text: str) -> Script:
    output = _text(entry.get("output"), OUTPUT_LIMIT) or _optional(folder, f"{Path(name).stem}.txt", OUTPUT_LIMIT)
    return Script(
        adapter=word(entry.get("adapter"), 80),
        file=clean(name),
        text=shorten(text, SCRIPT_LIMIT),
        output=output,
        exit_status=_status(entry),
        reproduces=entry.get("reproduces") is True,
        standalone=entry.get("standalone") is not False,
    )


def _status(entry: Mapping[str, Any]) -> str:
    status = entry.get("exit_status")
    if isinstance(status, int):
        return f"It ended by signal {-status}" if status < 0 else f"Exit status {status}"
    return "It did not end in time" if "exit_status" in entry and status is None else "Exit status unknown"


def _optional(folder: Path, name: str, limit: int) -> str:
    try:
        return shorten(_decoded(read_bytes(folder, name, FILE_BYTES)), limit)
    except Unreadable:
        return ""


def _decoded(data: bytes) -> str:
    return clean(data.decode("utf-8", "replace"))
