"""The five questions of the first screen, answered from the summary, the findings and ``run.json``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opassay.harness.model.explanation import stated
from opassay.reports.data.text import clean, plural, shorten
from opassay.reports.sections import commands
from opassay.reports.sections.differences import Difference
from opassay.reports.sections.entries import known_of
from opassay.reports.sections.findings import Finding, Findings
from opassay.reports.sections.summarise import Summary

WORST = 3


@dataclass(frozen=True)
class Line:
    """One of the worst differences: what, why (``Cause: ...``, or what is not proved), owner, and its link."""

    verdict: str
    what: str
    why: str
    who: str
    anchor: str


@dataclass(frozen=True)
class Ran:
    """Progress of one target: judged of planned records."""

    target: str
    judged: int
    total: int
    note: str


@dataclass(frozen=True)
class FirstScreen:
    """``trusted`` in a few words, ``doubts`` in full; ``switches`` change arithmetic, ``tf32`` are those about TF32."""

    ran: list[Ran]
    never: list[str]
    worst: list[Line]
    command: str
    trusted: str
    doubts: list[str]
    switches: list[str]
    tf32: str


NO_SCREEN = FirstScreen([], [], [], "", "", [], [], "")


def first_screen(summary: Summary, findings: Findings, anchors: Mapping[int, str]) -> FirstScreen:
    """The answers; ``anchors`` has the ids of the differences that are shown, by their place in memory."""
    doubts, switches = list(summary.warnings), sorted(set(_switches(summary.run["targets"])))
    return FirstScreen(
        ran=list(_ran(summary)),
        never=list(_never(summary)),
        worst=_worst(summary, findings, anchors),
        command=_command(summary, findings),
        trusted="Yes" if not doubts else plural(len(doubts), "warning"),
        doubts=doubts,
        switches=switches,
        tf32=", ".join(switch for switch in switches if re.search(r"tf32|tensor_float", switch, re.IGNORECASE)),
    )


def _ran(summary: Summary) -> Iterator[Ran]:
    for target in summary.targets:
        cells = [cell for cell in summary.cells if cell.target == target]
        judged, total = sum(cell.judged for cell in cells), sum(cell.total for cell in cells)
        counts = [(name, sum(getattr(cell, name) for cell in cells)) for name in _UNJUDGED]
        notes = [f"{count:,} {summary.named(name)}" for name, count in counts if count]
        notes += ["could not start"] if target in summary.down else []
        yield Ran(target, judged, total, ", ".join(notes))


_UNJUDGED = ("unsupported", "undefined", "fallback", "fault", "missing", "not_planned")


def _never(summary: Summary) -> Iterator[str]:
    """What was not tested, though a reader might assume it was."""
    states = [cell.state for cell in summary.cells]
    if "absent" in states:
        yield f"{plural(states.count('absent'), 'op and target', 'pairs of op and target')} that the adapter lacks"
    silent = [cell for cell in summary.cells if cell.state == "unjudged"]
    if silent:
        yield f"{plural(len(silent), 'cell')} without a judged answer"
    missing = [aspect for aspect in ("value", "gradient", "error", "shape") if aspect not in summary.aspects]
    if missing:
        yield f"the {'aspect' if len(missing) == 1 else 'aspects'} {', '.join(missing)}"


def _worst(summary: Summary, findings: Findings, anchors: Mapping[int, str]) -> list[Line]:
    """The gravest findings and new differences; known ones if nothing is new."""
    seen = {(f.op, f.aspect, f.verdict) for f in findings.shown}
    lines = [(f.severity, _of_finding(f)) for f in findings.shown]
    for kind in ("new", "fault", "listed", "known"):
        if kind == "known" and lines:
            break
        for d in summary.of_kind(kind):
            key = (d.op, d.aspect, d.verdict)
            if key not in seen and id(d) in anchors:
                seen.add(key)
                lines.append((d.severity, _of_difference(d, summary, anchors[id(d)])))
    return [line for _, line in sorted(lines, key=lambda entry: entry[0])[:WORST]]


def _of_finding(f: Finding) -> Line:
    who = "opassay: all targets agree against the oracle" if f.suspect_oracle else "the framework's maintainers"
    what = f"{f.op} {f.aspect} on {', '.join(f.targets)}, {plural(f.records, 'record')}: {_brief(f.message)}"
    return Line(f.verdict, what, _short(stated(f.explained_by)), who, f"finding-{f.id}")


def _of_difference(d: Difference, summary: Summary, anchor: str) -> Line:
    known = known_of(d, summary.run) or {}
    unowned = {"new": "nobody yet: it is new", "listed": "nobody yet: this version is untested"}
    owners = {**unowned, "fault": "opassay, or the adapter's author"}
    reason = str(known.get("reason", ""))
    why = f"Cause: {reason}" if reason and not d.example["explained_by"] else stated(str(d.example["explained_by"]))
    what = f"{d.op} {d.aspect} on {d.target}, {plural(d.count, 'record')}: {_brief(d.headline)}"
    return Line(
        d.verdict,
        what,
        _short(why),
        owners.get(d.kind, str(known.get("owner", "?"))),
        anchor,
    )


def _short(why: str) -> str:
    return shorten(clean(why), 200).rstrip(".")


def _brief(text: str) -> str:
    return shorten(" ".join(clean(text).split()), 110)


def _command(summary: Summary, findings: Findings) -> str:
    """A finding's script that reproduced it, or the replay of the worst difference."""
    for finding in findings.shown:
        for script in finding.scripts:
            if script.reproduces:
                return commands.script(summary.run, finding.id, script.file)
    for kind in ("new", "fault", "listed", "known"):
        if found := summary.of_kind(kind):
            return commands.replay(summary.run, found[0].case_id, found[0].target)
    return ""


def _switches(targets: Mapping[str, Any]) -> Iterator[str]:
    """Settings that change arithmetic, as the adapters report them: TF32, x64, precision, threads, flushing."""
    for info in targets.values():
        for name, value in (info.get("settings") or {}).items():
            if any(part in str(name).lower() for part in ARITHMETIC):
                yield f"{name} = {clean(str(value)) or 'not set'}"


ARITHMETIC = (
    "tf32",
    "tensor_float",
    "precision",
    "x64",
    "denormal",
    "flush",
    "thread",
    "onednn",
    "mkldnn",
    "xla_flags",
)
"""Parts of the names of settings that change the result of a sum."""
