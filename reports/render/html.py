"""``report.html``: one file that fetches nothing, bounded in size.

Jinja2 escapes all text of frameworks and known differences. A content security policy allows the page's own style and
script by hash and forbids all else, so text that escaped the escaping would neither run nor load anything; a page with
pictures also allows those embedded in it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from opassay.harness.model.case import ASPECTS
from opassay.harness.model.explanation import stated
from opassay.harness.model.fact import apart
from opassay.harness.model.verdicts import FAILING, VERDICTS
from opassay.reports.data.text import clean, plural, rho_text, seconds_text, share
from opassay.reports.sections.accuracy import Rho, bars, nearest
from opassay.reports.sections.answers import legible
from opassay.reports.sections.attempts import STRICT, Attempts
from opassay.reports.sections.commands import replay_finding
from opassay.reports.sections.coverage import OpCoverage
from opassay.reports.sections.entries import LIMITS, TITLES, anchors, is_web, section
from opassay.reports.sections.first_screen import NO_SCREEN, first_screen
from opassay.reports.sections.matrix import STATES, Cell
from opassay.reports.sections.overview import DESIGN, folded, overview, states
from opassay.reports.sections.parts import Parts
from opassay.reports.sections.summarise import Summary

__all__ = ["LIMITS", "report_html"]
ROW_LIMIT = 300
"""Most rows of a table."""
PAIR_ROWS, ALL_PAIR_ROWS, FEWEST_PAIR_ROWS = 30, 600, 3
"""Most pairs of attributes listed per page: the least covered ones, divided among the ops."""
NEAREST = 12
TEMPLATES = Path(__file__).parent / "templates"
WORDS = {
    "new": ("✗", "new"),
    "fault": ("‼", "fault"),
    "incomplete": ("…", "incomplete"),
    "listed": ("?", "untested version"),
    "known": ("≈", "known"),
    DESIGN: ("◇", "by design"),
    "pass": ("✓", "pass"),
    "unjudged": ("○", "not judged"),
    "absent": ("·", "absent"),
    "empty": ("·", "no case"),
}

_T = TypeVar("_T")


def report_html(summary: Summary, parts: Parts | None = None, attempt: Attempts = STRICT) -> str:
    """The page as text, with a section for each of ``parts`` that exists and that ``attempt`` could make."""
    parts = parts or Parts()
    return render("report.html.j2", _images(parts), **_context(summary, parts, attempt))


def render(template: str, images: bool, **context: Any) -> str:
    """A template with the page's style, script and policy; ``images``: whether it holds pictures of its own."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(rho=rho_text, seconds=seconds_text)
    environment.filters.update(clean=clean, breakable=breakable, unbroken=unbroken, legible=legible)
    environment.globals.update(plural=plural, share=share, words=WORDS, states=STATES, verdicts=VERDICTS, bars=bars)
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    page = environment.get_template(template).render(
        **context, style=Markup(style), script=Markup(script), policy=_policy(style, script, images)
    )
    return page if page.endswith("\n") else f"{page}\n"


def _images(parts: Parts) -> bool:
    return parts.pictures is not None or any(f.rows for f in parts.findings.shown)


def _context(summary: Summary, parts: Parts, attempt: Attempts) -> dict[str, Any]:
    ids = anchors(summary.differences)
    first = _first(summary, ids)
    grid = attempt("the grid of ops", lambda: overview(summary, first), [])
    shown = parts.findings.shown
    none: dict[str, Any] = capped([])
    sections = attempt(
        "the section on differences", lambda: [section(summary, kind, ids, shown) for kind in TITLES], []
    )
    return {
        "summary": summary,
        "total": summary.total,
        "run": summary.run,
        "parts": parts,
        "first": attempt("the first screen", lambda: first_screen(summary, parts.findings, ids), NO_SCREEN),
        "sections": sections,
        "choices": _choices(summary, sections),
        "used_states": [state for state in STATES if state in summary.states],
        "ranks": {state: rank for rank, state in enumerate(STATES)},
        "grid": grid,
        "grid_folded": folded(grid),
        "grid_states": list(states(grid)),
        "matrices": attempt(
            "the matrices", lambda: [(aspect, _matrix(summary, aspect, first)) for aspect in summary.aspects], []
        ),
        "knowns_seen": len({(d.example["adapter"], id) for d in summary.of_kind("known") for id in apart(d.known)}),
        "knowns": attempt("the section on known differences", lambda: _knowns(summary), none),
        "followed": attempt("the section on choices", lambda: _followed(summary), none),
        "unsupported": capped(summary.unsupported),
        "undefined": capped(summary.undefined),
        "free": capped(sorted((f for f in summary.free if f.free), key=lambda f: -f.by_bound / f.elements)),
        "rho_targets": [t for t in summary.targets if any(r.target == t for r in summary.rhos)],
        "rho_rows": attempt("the table of errors", lambda: capped(_rho_rows(summary.rhos)), none),
        "nearest": attempt("the nearest to the bound", lambda: nearest(summary.rhos, NEAREST), []),
        "coverage": attempt("the section on coverage", lambda: _coverages(*parts.coverage), []),
        "is_web": is_web,
        "stated": stated,
        "replay_finding": replay_finding,
    }


def _knowns(summary: Summary) -> dict[str, Any]:
    """The known differences of this run: their cases failed or passed, or a pin ran."""
    met = [k for k in summary.run["known"] if k.get("failed") or k.get("passed") or k.get("pin") == "passes"]
    return capped([{**k, "link": k["url"] if is_web(k.get("url", "")) else ""} for k in met])


def _followed(summary: Summary) -> dict[str, Any]:
    """The choices of the contract that adapters follow, by choice."""
    rows = sorted(summary.run["choices"], key=lambda row: (str(row.get("choice")), str(row.get("adapter"))))
    return capped([{**row, "link": row["url"] if is_web(str(row.get("url", ""))) else ""} for row in rows])


def _choices(summary: Summary, sections: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The options of the filters."""
    aspects = [aspect for aspect in ASPECTS if aspect in summary.aspects]
    found = {d.verdict for d in summary.differences}
    return {
        "op": sorted({cell.op for cell in summary.cells}),
        "target": summary.targets,
        "aspect": aspects,
        "verdict": [verdict for verdict in (*FAILING, "fault") if verdict in found],
        "status": [WORDS[kind][1] for kind in TITLES if summary.of_kind(kind)],
        "owner": sorted({entry["owner"] for section in sections for entry in section["shown"]}),
    }


def capped(items: Sequence[_T], limit: int = ROW_LIMIT) -> dict[str, Any]:
    """The first ``limit`` items as ``shown`` and the number of the others as ``left_out``."""
    return {"shown": items[:limit], "left_out": max(0, len(items) - limit)}


def breakable(name: str) -> Markup:
    """A long name, escaped, with line breaks allowed after an underscore or a colon."""
    return Markup(re.sub("([_:])", r"\1<wbr>", str(escape(clean(name)))))


def unbroken(text: str) -> Markup:
    """``text``, escaped, with no line break inside numbers like 3.1e-07."""
    return Markup(re.sub(r"\d\.\de-\d+", r'<span class="number">\g<0></span>', str(escape(clean(text)))))


def _first(summary: Summary, ids: dict[int, str]) -> dict[tuple[str, str, str, str], str]:
    """For each op, aspect, target and kind, its first entry."""
    first: dict[tuple[str, str, str, str], str] = {}
    for d in summary.differences:
        if id(d) in ids:
            first.setdefault((d.op, d.aspect, d.target, d.kind), ids[id(d)])
    return first


def _matrix(
    summary: Summary, aspect: str, first: dict[tuple[str, str, str, str], str]
) -> list[tuple[str, list[dict[str, Any] | None]]]:
    return [
        (op, [_matrix_cell(summary, summary.cell(op, aspect, target), first) for target in summary.targets])
        for op in summary.ops(aspect)
    ]


def _matrix_cell(
    summary: Summary, cell: Cell | None, first: dict[tuple[str, str, str, str], str]
) -> dict[str, Any] | None:
    if cell is None:
        return None
    counts = ("new", "fault", "listed", "known", "unsupported", "undefined", "fallback", "missing", "not_planned")
    notes = [f"{getattr(cell, name):,} {summary.named(name)}" for name in counts if getattr(cell, name)]
    anchor = first.get((cell.op, cell.aspect, cell.target, cell.state), "")
    return {"cell": cell, "notes": notes, "anchor": anchor}


def _rho_rows(rhos: Sequence[Rho]) -> list[tuple[str, str, dict[str, Rho]]]:
    found: dict[tuple[str, str], dict[str, Rho]] = {}
    for rho in rhos:
        found.setdefault((rho.op, rho.dtype), {})[rho.target] = rho
    return [(op, dtype, by_target) for (op, dtype), by_target in found.items()]


def _coverages(targets: Sequence[str], ops: Sequence[OpCoverage]) -> list[dict[str, Any]]:
    share = max(FEWEST_PAIR_ROWS, min(PAIR_ROWS, ALL_PAIR_ROWS // max(1, len(ops))))
    return [_coverage(op, len(targets), share) for op in ops]


def _coverage(op: OpCoverage, targets: int, rows: int) -> dict[str, Any]:
    """An op's values, and the pairs of attributes that some target was not judged by in full."""
    gaps = []
    for pair, seen in op.pairs.items():
        possible = len(op.attributes[pair[0]].values) * len(op.attributes[pair[1]].values)
        counts = [int(seen[target].sum()) for target in range(targets)]
        if min(counts) < possible:
            gaps.append((min(counts) / possible, pair, possible, counts, op.never(pair)))
    return {
        "op": op.op,
        "attributes": [attribute for attribute in op.attributes.values() if len(attribute.values) > 1],
        "fixed": [(a.name, next(iter(a.values))) for a in op.attributes.values() if len(a.values) == 1],
        "exercised": [op.exercised(target) for target in range(targets)],
        "possible": op.possible,
        "complete": len(op.pairs) - len(gaps),
        "pairs": capped([gap[1:] for gap in sorted(gaps)], rows),
    }


def _policy(style: str, script: str, images: bool) -> str:
    """Source of the syntax: https://www.w3.org/TR/CSP3/"""
    rules = ["default-src 'none'", f"style-src {_hash(style)}", f"script-src {_hash(script)}"]
    rules += ["img-src data:"] if images else []
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
