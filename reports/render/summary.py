"""``summary.md``: the run on one page of Markdown, for a pull request or a job's summary.

Both are limited to 65,536 characters: new differences come first, and ``report.html`` has the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from opassay.harness.model.fact import OWNERS
from opassay.reports.data.text import clean, finding_line, plural, share, shorten
from opassay.reports.sections import commands
from opassay.reports.sections.differences import Difference
from opassay.reports.sections.entries import TITLES
from opassay.reports.sections.matrix import STATES, Cell, total
from opassay.reports.sections.overview import OVER, grids
from opassay.reports.sections.summarise import Summary

LIMIT = 30_000
PAGE = "Everything: [report.html](report.html), beside this file."
LIST_LIMIT = 30
MESSAGE_LIMIT = 200
WARNING_LIMIT = 300
MATRIX_ROOM = 10_000
SYMBOLS = {
    "new": "❌",
    "fault": "💥",
    "incomplete": "⏳",
    "listed": "❔",
    "known": "🔶",
    "pass": "✅",
    "unjudged": "◻️",
    "absent": "·",
    "empty": "·",
}


def summary_md(summary: Summary) -> str:
    """The page as text, ending in a newline, of at most ``LIMIT`` characters."""
    blocks = [f"# opassay: {summary.verdict}", f"{summary.ran}.", PAGE]
    blocks += [_warnings(summary)]
    blocks += [_findings(summary), _differences(summary, "new", "New differences", 8_500)]
    blocks += [_differences(summary, "listed", TITLES["listed"], 2_000)]
    blocks += [_differences(summary, "fault", "Faults", 2_500), _matrix(summary), _known(summary), _shares(summary)]
    text = "\n\n".join(block for block in (*blocks, _environment(summary)) if block) + "\n"
    # Each block has its own budget. Only very many targets, or very long names, exceed it.
    return text if len(text) <= LIMIT else f"{text[: LIMIT - 200].rpartition(chr(10))[0]}\n\n… cut; {PAGE}\n"


def _warnings(summary: Summary) -> str:
    lines = [f"⚠️ {inline(shorten(w, WARNING_LIMIT))}" for w in summary.warnings[:LIST_LIMIT]]
    return _bullets(lines, len(summary.warnings), 3_000)


def _findings(summary: Summary) -> str:
    found = summary.run["findings"]
    if not found:
        return ""
    lines = [
        f"`findings/{f['id']}`: {inline(shorten(finding_line(f), 400))}  \n  {code_span(f['message'])}"
        for f in found[:LIST_LIMIT]
    ]
    return f"## Findings\n\n{_bullets(lines, len(found), 7_000)}"


def _differences(summary: Summary, kind: str, title: str, room: int) -> str:
    found = summary.of_kind(kind)
    lines = [_line(d, summary) for d in found[:LIST_LIMIT]]
    return f"## {title}\n\n{_bullets(lines, len(found), room)}" if found else ""


def _line(d: Difference, summary: Summary) -> str:
    head = f"**{inline(d.op)}** {d.aspect} on **{inline(d.target)}**: {d.verdict} ({d.meaning}), "
    again = command_span(commands.replay(summary.run, d.case_id, d.target))
    return head + f"{plural(d.count, 'record')}; {again}  \n  {code_span(d.headline)}"


def _matrix(summary: Summary) -> str:
    tables = grids(summary)
    if not tables:
        return ""
    legend = " · ".join(f"{SYMBOLS[s]} {text}" for s, text in STATES.items() if s in summary.states)
    lacks = f"{inline(summary.lacks)}." if summary.lacks else ""
    blocks = ["## What ran", f"Each cell: answers judged of records planned{OVER.get(next(iter(tables)), '')}.", legend]
    for head, grid in tables.items():
        rows = [[inline(name), *map(_cell, cells)] for name, cells in grid.items()]
        blocks.append(f"### {head}\n\n" + _table(["", *map(inline, summary.targets)], rows, MATRIX_ROOM // len(tables)))
    return "\n\n".join(block for block in (*blocks, lacks) if block)


def _cell(cell: Cell | None) -> str:
    if cell is None or cell.state in ("absent", "empty"):
        return SYMBOLS["absent" if cell is None else cell.state]
    notes = [
        f"{n:,} {name}"
        for n, name in ((cell.new, "new"), (cell.fault, "fault"), (cell.listed, "listed"), (cell.known, "known"))
        if n
    ]
    return f"{SYMBOLS[cell.state]} {cell.judged:,}/{cell.total:,}" + "".join(f", {note}" for note in notes)


def _known(summary: Summary) -> str:
    """Counts of known differences by owner; ``report.html`` has the list."""
    if not summary.run["known"]:
        return ""
    rows = []
    for owner in dict.fromkeys((*OWNERS, *(str(k["owner"]) for k in summary.run["known"]))):
        own = [k for k in summary.run["known"] if k["owner"] == owner]
        seen = sum(bool(k.get("failed")) for k in own)
        records = sum(k.get("failed", 0) for k in own)
        rows += [[inline(owner), f"{len(own):,}", f"{seen:,}", f"{records:,}"]] if own else []
    head = ["who must act", "known differences", "seen in this run", "records"]
    listed = "Each with its reason: `report.html`, and `opassay list known`."
    return f"## Known differences\n\n{_table(head, rows, 1_500)}\n\n{listed}"


def _shares(summary: Summary) -> str:
    """The shares that were not judged, per target."""
    kinds = ("unsupported", "undefined", "fallback")
    rows = []
    for target in summary.targets:
        own = total(c for c in summary.cells if c.target == target)
        if any(getattr(own, kind) for kind in kinds):
            rows.append([inline(target), *(share(getattr(own, kind), own.recorded) for kind in kinds)])
    if not rows and not summary.left_free:
        return ""
    blocks = ["## Not judged", *([_table(["target", *kinds], rows, 3_000)] if rows else [])]
    return "\n\n".join([*blocks, *([f"{summary.left_free}."] if summary.left_free else [])])


def _asked(run: Mapping[str, Any]) -> str:
    """Which cases ran."""
    if suite := run["suite"]:
        return f"suite {inline(str(suite.get('name')))} ({inline(str(suite.get('hash'))[:16])})"
    cases = f"{run['cases']:,} cases" if run["cases"] else "cases by what they cost"
    return f"seed {run['seed']}, {cases}, {plural(run['fills'], 'fill')} each"


def _environment(summary: Summary) -> str:
    run = summary.run
    columns = ("version", "executor", "state")
    rows = [[inline(n), *(inline(shorten(str(i.get(c, "")), 100)) for c in columns)] for n, i in run["targets"].items()]
    seeded = _asked(run)
    machine = ", ".join(f"{k} {v}" for k, v in run["machine"].items() if not isinstance(v, dict))
    case = f" (`{summary.total.worst_case}`)"
    return "\n\n".join(
        block
        for block in (
            "## Environment",
            _table(["target", *columns], rows, 3_000) if rows else "",
            f"opassay {inline(run['opassay'])}, {seeded}: {code_span(run['command'])}",
            inline(shorten(machine, 400)),
            f"{summary.largest}{case}" if summary.largest else "",
        )
        if block
    )


def _table(head: list[str], rows: list[list[str]], room: int | None = None) -> str:
    """A table; with ``room``, as many rows as fit, and the number of the others."""
    lines = [
        "| " + " | ".join(cell.replace("\n", " ").replace("|", "\\|") for cell in line) + " |"
        for line in (head, ["---"] * len(head), *rows)
    ]
    fitting = lines if room is None else _fitting(lines, room)
    more = f"\n\n{_more(len(lines) - len(fitting))}" if len(fitting) < len(lines) else ""
    return "\n".join(fitting) + more


def _bullets(lines: list[str], count: int, room: int) -> str:
    """As many of ``lines`` as fit, and how many of ``count`` are left out."""
    fitting = _fitting([f"- {line}" for line in lines], room)
    left = count - len(fitting)
    return "\n".join([*fitting, *([f"- {_more(left)}"] if left else [])])


def _more(count: int) -> str:
    return f"… and {count:,} more in `report.html` and `results.csv`"


def _fitting(lines: list[str], room: int) -> list[str]:
    """The first lines with at most ``room`` characters in total."""
    ends = accumulate(len(line) + 1 for line in lines)
    return [line for line, end in zip(lines, ends, strict=True) if end <= room]


def inline(text: str) -> str:
    """Text that Markdown displays literally: no markup, HTML or mention."""
    return re.sub(r"([\\`*_\[\]<>#~@&!])", r"\\\1", " ".join(clean(text).split()))


def code_span(text: str) -> str:
    """A code span, fenced by more backticks than the text has in a row."""
    line = shorten(" ".join(clean(text).split()), MESSAGE_LIMIT)
    return f"{_fence(line)} {line} {_fence(line)}" if line else ""


def command_span(text: str) -> str:
    """A code span with a whole command, to be pasted."""
    return f"{_fence(text)}{text}{_fence(text)}"


def _fence(line: str) -> str:
    return "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
