"""The result of a gate: ``statement.json`` for machines, ``badge.svg`` for a README, and GitHub's annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from opassay.reports.data.text import clean, shorten
from opassay.reports.sections import commands
from opassay.reports.sections.summarise import Summary

FORMAT = 1

COUNTS = ("passed", "known", "new", "listed", "unsupported", "undefined", "fallback", "fault", "missing")
"""What became of every planned record; ``new``: differences that are neither known nor listed."""

ANNOTATIONS = 10
"""GitHub's limit of errors per step.

Source: "Annotation limitation #26680", https://github.com/orgs/community/discussions/26680
"""

GOOD, BAD, EMPTY = "#2e7d32", "#c62828", "#616161"
CHARACTER, PADDING = 6.6, 12
"""Approximate width in pixels of a character of Verdana at 11 px, and the padding: badges use no fonts."""


def statement(summary: Summary) -> dict[str, Any]:
    """The questions, the targets, the number of answers, and the answers."""
    run, total = summary.run, summary.total
    asked = dict(run["suite"]) or {name: run[name] for name in ("seed", "cases", "fills")}
    return {
        "opassay_statement": FORMAT,
        "state": summary.state,
        "opassay": run["opassay"],
        "suite" if run["suite"] else "stream": asked,
        "planned": total.planned + total.not_planned,
        "ran": total.judged,
        "not run": total.not_planned,
        **{name: getattr(total, name) for name in COUNTS},
        "targets": {name: _who(info) for name, info in run["targets"].items()},
        "command": run["command"],
    }


def statement_json(summary: Summary) -> str:
    return json.dumps(statement(summary), indent=1, ensure_ascii=False) + "\n"


def _who(info: dict[str, Any]) -> dict[str, str]:
    return {name: str(info.get(name, "")) for name in ("adapter", "mode", "device", "version", "state")}


def badge_text(summary: Summary) -> str:
    """The badge's text: ``ran 1,987 of 2,000, 12 known``."""
    total = summary.total
    parts = [f"ran {total.judged:,} of {total.planned + total.not_planned:,}"]
    counted = (("new", total.new), ("known", total.known), ("fault", total.fault), ("missing", total.missing))
    return ", ".join([*parts, *(f"{count:,} {name}" for name, count in counted if count)])


def badge_svg(summary: Summary) -> str:
    """A badge that says how much ran; green only where nothing is new and nothing is missing."""
    colour = {"clean": GOOD, "nothing": EMPTY}.get(summary.state, BAD)
    name, told = "opassay", badge_text(summary) if summary.state != "nothing" else "nothing was judged"
    left, right = (round(CHARACTER * len(text) + PADDING) for text in (name, told))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{escape(f"{name}: {told}")}"><rect width="{left}" height="20" fill="#424242"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2}" y="14">{name}</text>'
        f'<text x="{left + right / 2}" y="14">{escape(told)}</text></g></svg>\n'
    )


def github_annotations(summary: Summary) -> Iterator[str]:
    """Workflow commands with which GitHub shows errors on the pull request: new differences, faults, targets down."""
    found = [_difference(summary, d) for d in (*summary.of_kind("fault"), *summary.of_kind("new"))]
    told = [*((f"{target} could not start", why) for target, why in summary.down.items()), *found]
    for title, message in told[:ANNOTATIONS]:
        yield f"::error title={_escaped(title, ':,')}::{_escaped(message)}"
    if len(told) > ANNOTATIONS:
        yield f"::notice::opassay: {len(told) - ANNOTATIONS} more, in the report"


def _difference(summary: Summary, d: Any) -> tuple[str, str]:
    title = f"opassay: {d.op} {d.aspect} on {d.target}: {d.verdict}"
    again = commands.replay(summary.run, d.case_id, d.target)
    return clean(title), f"{shorten(clean(str(d.example['message'])), 500)}\n{again}"


def _escaped(text: str, also: str = "") -> str:
    """Escaped as data and properties in https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts."""
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
