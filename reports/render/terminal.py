"""The summary that ``opassay run`` prints: what ran, what is new, what to do next."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from opassay.reports.data.rows import Results
from opassay.reports.data.text import clean, finding_line, plural, shorten
from opassay.reports.sections import commands
from opassay.reports.sections.differences import Difference
from opassay.reports.sections.matrix import STATES, Cell
from opassay.reports.sections.overview import OVER, Grid, grids
from opassay.reports.sections.summarise import Summary, summarise

LINE_LIMIT = 20
WARNING_LIMIT = 300
FINDING_LIMIT = 400
SYMBOLS = {
    "new": ("✗", "bold red"),
    "fault": ("‼", "bold magenta"),
    "incomplete": ("…", "yellow"),
    "listed": ("?", "yellow"),
    "known": ("≈", "yellow"),
    "pass": ("✓", "cyan"),
    "unjudged": ("-", "dim"),
    "absent": ("·", "dim"),
    "empty": ("·", "dim"),
}
ASCII_SYMBOLS = {**{state: state for state in SYMBOLS}, "new": "NEW", "fault": "FAULT", "pass": "ok", "unjudged": "-"}
_OP_WIDTH, _CELL_WIDTH = 23, 13


def print_summary(results: Results, run: Mapping[str, Any], console: Console) -> None:
    """Print what ran, up to ``LINE_LIMIT`` new differences, and what to do next.

    Fits ``console.width``: many targets are printed in several blocks. Text of frameworks is never
    read as Rich markup.
    """
    summary = summarise(results, run)
    tables = grids(summary)
    for head, rows in tables.items():
        for table in _tables(head, rows, summary.targets, console):
            console.print(table)
            console.print()
    if tables:
        console.print(_legend(summary, tables, console))
        console.print()
    for line in (*_differences(summary, console), *_findings(summary, console), *_next_steps(summary, console)):
        # A command to be pasted must stay on one line.
        console.print(line, soft_wrap=bool(line.no_wrap))


def _tables(head: str, rows: Grid, targets: Sequence[str], console: Console) -> Iterator[Table]:
    per_block = max(1, (console.width - _OP_WIDTH) // _CELL_WIDTH)
    for start in range(0, len(targets), per_block):
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        table.add_column(Text(head), no_wrap=True)
        for target in targets[start : start + per_block]:
            table.add_column(Text(target.replace(":", ":\n").replace("@", "\n@")), min_width=_CELL_WIDTH - 1)
        for name, cells in rows.items():
            table.add_row(Text(name), *(_cell(cell, console) for cell in cells[start : start + per_block]))
        yield table


def _cell(cell: Cell | None, console: Console) -> Text:
    state = cell.state if cell else "absent"
    style = SYMBOLS[state][1]
    if cell is None or state in ("absent", "empty"):
        return Text(_symbol(state, console), style)
    count = cell.new if state == "new" else cell.fault if state == "fault" else 0
    number = f"{count:,}" if count else ""
    return Text(f"{_symbol(state, console)}{number} {cell.judged:,}/{cell.total:,}", style)


def _symbol(state: str, console: Console) -> str:
    return ASCII_SYMBOLS[state] if console.options.ascii_only else SYMBOLS[state][0]


def _legend(summary: Summary, tables: Mapping[str, Grid], console: Console) -> Text:
    out = Text(f"Cells: answers judged of records planned{OVER.get(next(iter(tables)), '')}.", "dim")
    for state, meaning in STATES.items():
        if state in summary.states:
            out.append(f"\n  {_symbol(state, console)}  {meaning}")
    if summary.lacks:
        out.append(f"\n{summary.lacks}")
    return out


def _differences(summary: Summary, console: Console) -> Iterator[Text]:
    found = [*summary.of_kind("new"), *summary.of_kind("fault"), *summary.of_kind("listed")]
    for d in found[:LINE_LIMIT]:
        yield _line(d, console)
    if len(found) > LINE_LIMIT:
        yield Text(f"and {len(found) - LINE_LIMIT:,} more, all of them in the report")
    if found:
        yield Text()


def _findings(summary: Summary, console: Console) -> Iterator[Text]:
    found = summary.run["findings"]
    if not found:
        return
    yield Text(f"{plural(len(found), 'finding')}, each in a folder of its own in findings/:", "bold")
    for finding in found[:LINE_LIMIT]:
        yield Text(f"  {finding['id']}")
        told = _encodable(shorten(finding_line(finding), FINDING_LIMIT), console)
        yield from (Text(f"    {line}") for line in textwrap.wrap(told, max(20, console.width - 4)))
    if len(found) > LINE_LIMIT:
        yield Text(f"and {len(found) - LINE_LIMIT:,} more")
    yield Text()


def _line(d: Difference, console: Console) -> Text:
    out = Text(d.verdict, SYMBOLS[d.kind][1])
    out.append(f"  {d.op} {d.aspect} on {d.target}, {plural(d.count, 'record')}\n", "bold")
    message = Text(f"    {d.case_id}  {_encodable(d.headline, console)}")
    message.truncate(console.width, overflow="crop" if console.options.ascii_only else "ellipsis")
    return out.append_text(message)


def _encodable(text: str, console: Console) -> str:
    """``text`` in characters that the console can encode."""
    encoding = "ascii" if console.options.ascii_only else "utf-8"
    return clean(text).encode(encoding, "backslashreplace").decode(encoding)


def _next_steps(summary: Summary, console: Console) -> Iterator[Text]:
    for warning in summary.warnings:
        yield Text(f"! {_encodable(warning, console)[:WARNING_LIMIT]}", "yellow")
    if summary.largest:
        case = f" (case {summary.total.worst_case})"
        yield Text((summary.largest + case).replace("÷", "/" if console.options.ascii_only else "÷"))
    yield Text(summary.verdict, "bold")
    yield Text(summary.ran)
    if summary.left_free:
        yield Text(summary.left_free)
    found = [*summary.of_kind("new"), *summary.of_kind("fault"), *summary.of_kind("listed")]
    if summary.run["findings"]:
        first = summary.run["findings"][0]
        again = commands.replay_finding(summary.run, first["id"], first["targets"], first.get("threads", 1))
        yield Text(f"Next: {again}", no_wrap=True)
    elif found:
        yield Text(f"Next: {commands.replay(summary.run, found[0].case_id, found[0].target)}", no_wrap=True)
    elif summary.state == "clean":
        drawn = "opassay run --cases N, other cases: --seed S"
        others = "opassay run, without --suite" if summary.run["suite"] else drawn
        yield Text(f"Next: nothing to do; more cases: {others}")
    else:
        yield Text("Next: read the warnings above, then this, or opassay doctor:")
        yield Text(f"    {commands.resume(summary.run)}", no_wrap=True)
