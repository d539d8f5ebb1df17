"""``summary.md``: the run on one page of Markdown, for a pull request or a job's summary."""

from __future__ import annotations

import re

from opassay.reports import commands
from opassay.reports.accuracy import Rho
from opassay.reports.differences import Difference
from opassay.reports.matrix import STATES, Cell
from opassay.reports.summarise import Summary
from opassay.reports.text import clean, finding_line, plural, rho_text, share, shorten

LIST_LIMIT = 30
MESSAGE_LIMIT = 200
SYMBOLS = {
    "new": "❌",
    "fault": "💥",
    "incomplete": "⏳",
    "known": "🔶",
    "pass": "✅",
    "unjudged": "◻️",
    "absent": "·",
    "empty": "·",
}


def summary_md(summary: Summary) -> str:
    """The page as text, ending in a newline."""
    blocks = [f"# opassay: {summary.verdict}", f"{summary.ran}."]
    blocks += [_bullets([f"⚠️ {inline(w)}" for w in summary.warnings])] if summary.warnings else []
    blocks += [_findings(summary), _differences(summary, "new", "New differences")]
    blocks += [_differences(summary, "fault", "Faults"), _matrix(summary), _known(summary), _shares(summary)]
    blocks += [_worst(summary), _environment(summary)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _findings(summary: Summary) -> str:
    found = summary.run["findings"]
    if not found:
        return ""
    lines = [
        f"`findings/{f['id']}`: {inline(finding_line(f))}  \n  {code_span(f['message'])}" for f in found[:LIST_LIMIT]
    ]
    if len(found) > LIST_LIMIT:
        lines.append(f"… and {plural(len(found) - LIST_LIMIT, 'more', 'more')}")
    return f"## Findings\n\n{_bullets(lines)}"


def _differences(summary: Summary, kind: str, title: str) -> str:
    found = summary.of_kind(kind)
    if not found:
        return ""
    lines = [_line(d, summary) for d in found[:LIST_LIMIT]]
    if len(found) > LIST_LIMIT:
        lines.append(f"… and {plural(len(found) - LIST_LIMIT, 'more', 'more')}, all of them in `results.csv`")
    return f"## {title}\n\n{_bullets(lines)}"


def _line(d: Difference, summary: Summary) -> str:
    head = f"**{inline(d.op)}** {d.aspect} on **{inline(d.target)}**: {d.verdict} ({d.meaning}), "
    again = command_span(commands.replay(summary.run, d.case_id, d.target))
    return head + f"{plural(d.count, 'record')}; {again}  \n  {code_span(d.headline)}"


def _matrix(summary: Summary) -> str:
    used = {cell.state for cell in summary.cells}
    legend = " · ".join(f"{SYMBOLS[s]} {text}" for s, text in STATES.items() if s in used)
    blocks = [f"## What ran\n\nEach cell: answers judged of records planned.\n\n{legend}"] if used else []
    for aspect in summary.aspects:
        rows = []
        for op in summary.ops(aspect):
            rows.append([inline(op), *(_cell(summary.cell(op, aspect, t)) for t in summary.targets)])
        blocks.append(f"### {aspect}\n\n" + _table(["op", *map(inline, summary.targets)], rows))
    return "\n\n".join(blocks)


def _cell(cell: Cell | None) -> str:
    if cell is None or cell.state in ("absent", "empty"):
        return SYMBOLS["absent" if cell is None else cell.state]
    notes = [f"{n:,} {name}" for n, name in ((cell.new, "new"), (cell.fault, "fault"), (cell.known, "known")) if n]
    return f"{SYMBOLS[cell.state]} {cell.judged:,}/{cell.total:,}" + "".join(f", {note}" for note in notes)


def _known(summary: Summary) -> str:
    if not summary.run["known"]:
        return ""
    rows = []
    for k in summary.run["known"]:
        link = f"[{inline(k['title'])}](<{k['url']}>)" if _is_web(k.get("url", "")) else ""
        reason = inline(k["reason"]) + (f" (by chance: {inline(k['chance'])})" if k.get("chance") else "")
        counts = f"{k.get('failed', 0):,} failed, {k.get('passed', 0):,} passed"
        rows.append([f"`{k['id']}`", k["owner"], counts, str(k.get("pin", "")), f"{reason} {link}".strip()])
    return "## Known differences\n\n" + _table(["id", "owner", "covered cases", "pinned case", "reason"], rows)


def _shares(summary: Summary) -> str:
    blocks = []
    if summary.unsupported:
        rows = [[inline(s.op), inline(s.target), share(s.count, s.of)] for s in summary.unsupported]
        blocks.append("## Declared unsupported\n\n" + _table(["op", "target", "records"], rows))
    if summary.undefined:
        rows = [[inline(s.op), share(s.count, s.of)] for s in summary.undefined]
        blocks.append("## Not judged\n\n" + _table(["op", "undefined answers"], rows))
        blocks += [f"{summary.left_free}."] if summary.left_free else []
    return "\n\n".join(blocks)


def _worst(summary: Summary) -> str:
    """Per op and dtype the largest rho that passed on each target, with its case, folded away."""
    if not any(r.passing is not None for r in summary.rhos):
        return ""
    targets = [t for t in summary.targets if any(r.target == t for r in summary.rhos)]
    by_row: dict[tuple[str, str], dict[str, Rho]] = {}
    for rho in summary.rhos:
        by_row.setdefault((rho.op, rho.dtype), {})[rho.target] = rho
    rows = [
        [inline(op), inline(dtype), *(_rho(found.get(target)) for target in targets)]
        for (op, dtype), found in by_row.items()
    ]
    table = _table(["op", "dtype", *map(inline, targets)], rows)
    head = "## How near the bound\n\nLargest error ÷ allowed error among passes, and its case."
    return f"{head}\n\n<details><summary>{plural(len(rows), 'row')}</summary>\n\n{table}\n\n</details>"


def _rho(rho: Rho | None) -> str:
    if rho is None or rho.passing is None:
        return "-"
    return f"{rho_text(rho.passing)} `{rho.passing_case}`" if rho.passing else "0"


def _environment(summary: Summary) -> str:
    run, worst = summary.run, summary.total
    columns = ("version", "executor", "state")
    rows = [[inline(n), *(inline(str(i.get(c, ""))) for c in columns)] for n, i in run["targets"].items()]
    seeded = f"seed {run['seed']}, {run['cases']:,} cases with {run['fills']} fills"
    machine = ", ".join(f"{k} {v}" for k, v in run["machine"].items() if not isinstance(v, dict))
    case = f" (`{worst.worst_case}`)" if worst.worst_case else ""
    return "\n\n".join(
        block
        for block in (
            "## Environment",
            _table(["target", *columns], rows) if rows else "",
            f"opassay {inline(run['opassay'])}, {seeded}: {code_span(run['command'])}",
            inline(machine),
            f"Largest error ÷ allowed error: {rho_text(worst.worst_rho)}{case}",
        )
        if block
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("\n", " ").replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://")) and not re.search(r"[\s<>]", url)


def inline(text: str) -> str:
    """Text that Markdown shows as it is: no markup, HTML or mention is read into it."""
    return re.sub(r"([\\`*_\[\]<>#~@&!])", r"\\\1", " ".join(clean(text).split()))


def code_span(text: str) -> str:
    """A code span, fenced by more backticks than the text has in a row."""
    line = shorten(" ".join(clean(text).split()), MESSAGE_LIMIT)
    return f"{_fence(line)} {line} {_fence(line)}" if line else ""


def command_span(text: str) -> str:
    """A code span of the whole of a command, which can be pasted as it stands."""
    return f"{_fence(text)}{text}{_fence(text)}"


def _fence(line: str) -> str:
    return "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
