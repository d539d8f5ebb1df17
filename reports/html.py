"""``report.html``: one file that fetches nothing, bounded in size.

Everything a framework or a known difference says is escaped by Jinja2. The page's own style and
script are allowed by hash in a content security policy that forbids all else, so text that slipped
through would still neither run nor load anything; a page with pictures allows those that it holds itself.
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

from harness.model.verdicts import VERDICTS
from reports.differences import Difference
from reports.matrix import STATES, Cell
from reports.pictures import Pictures
from reports.summarise import Rho, Summary
from reports.text import clean, plural, rho_text, share, shorten

LIMITS = {"new": 200, "fault": 50, "known": 100}
"""How many differences of each kind are shown in full."""
ROW_LIMIT = 300
"""How many rows a table has at most."""
MESSAGE_LIMIT = 2_000
CASE_LIMIT = 8_000
TEMPLATES = Path(__file__).parent / "templates"
TITLES = {"new": "New differences", "fault": "Faults of opassay or an adapter", "known": "Known differences seen"}
WORDS = {
    "new": ("✗", "new"),
    "fault": ("‼", "fault"),
    "incomplete": ("…", "incomplete"),
    "known": ("≈", "known"),
    "pass": ("✓", "pass"),
    "unjudged": ("○", "not judged"),
    "absent": ("·", "absent"),
    "empty": ("·", "no case"),
}

_T = TypeVar("_T")


def report_html(summary: Summary, pictures: Pictures | None = None) -> str:
    """The page as text, with a section of ``pictures`` if there are any."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(rho=rho_text, clean=clean, breakable=breakable, unbroken=unbroken)
    environment.globals.update(plural=plural, share=share, words=WORDS, states=STATES, verdicts=VERDICTS)
    style, script = (TEMPLATES / name for name in ("report.css", "report.js"))
    page = environment.get_template("report.html.j2").render(
        **_context(summary),
        pictures=pictures,
        style=Markup(style.read_text(encoding="utf-8")),
        script=Markup(script.read_text(encoding="utf-8")),
        policy=_policy(style.read_text(encoding="utf-8"), script.read_text(encoding="utf-8"), pictures is not None),
    )
    return page if page.endswith("\n") else f"{page}\n"


def _context(summary: Summary) -> dict[str, Any]:
    anchors = _anchors(summary.differences)
    return {
        "summary": summary,
        "total": summary.total,
        "run": summary.run,
        "sections": [_section(summary, kind, anchors) for kind in TITLES],
        "used_states": [state for state in STATES if any(cell.state == state for cell in summary.cells)],
        "matrices": [(aspect, _matrix(summary, aspect, anchors)) for aspect in summary.aspects],
        "knowns_seen": len({(d.example["adapter"], d.known) for d in summary.of_kind("known")}),
        "knowns": capped([{**k, "link": k["url"] if is_web(k.get("url", "")) else ""} for k in summary.run["known"]]),
        "unsupported": capped(summary.unsupported),
        "undefined": capped(summary.undefined),
        "rho_targets": [t for t in summary.targets if any(r.target == t for r in summary.rhos)],
        "rho_rows": capped(_rho_rows(summary.rhos)),
    }


def capped(items: Sequence[_T], limit: int = ROW_LIMIT) -> dict[str, Any]:
    """The first ``limit`` items as ``shown`` and the number of the others as ``left_out``."""
    return {"shown": items[:limit], "left_out": max(0, len(items) - limit)}


def breakable(name: str) -> Markup:
    """A long name, escaped, that a narrow column may break after an underscore or a colon."""
    return Markup(re.sub("([_:])", r"\1<wbr>", str(escape(clean(name)))))


def unbroken(text: str) -> Markup:
    """``text``, escaped, whose numbers like 3.1e-07 stay in one line."""
    return Markup(re.sub(r"\d\.\de-\d+", r'<span class="number">\g<0></span>', str(escape(clean(text)))))


def is_web(url: str) -> bool:
    """Whether a link may be made of ``url``: nothing but http and https."""
    return url.startswith(("https://", "http://"))


def _anchors(found: Sequence[Difference]) -> dict[int, str]:
    """An id for each difference that is shown, by its place in memory."""
    out: dict[int, str] = {}
    for kind, limit in LIMITS.items():
        for number, d in enumerate([d for d in found if d.kind == kind][:limit]):
            out[id(d)] = f"{kind}-{number + 1}"
    return out


def _section(summary: Summary, kind: str, anchors: dict[int, str]) -> dict[str, Any]:
    found = summary.of_kind(kind)
    reasons = {(k.get("adapter"), k["id"]): k for k in summary.run["known"]}
    shown = [_entry(d, anchors[id(d)], reasons.get((d.example["adapter"], d.known))) for d in found[: LIMITS[kind]]]
    records = sum(d.count for d in found[LIMITS[kind] :])
    return {
        "kind": kind,
        "title": TITLES[kind],
        "count": len(found),
        "records": sum(d.count for d in found),
        "shown": shown,
        "left_out": len(found) - len(shown),
        "left_out_records": records,
    }


def _entry(d: Difference, anchor: str, known: dict[str, Any] | None) -> dict[str, Any]:
    case = str(d.example["case"])
    whole = len(case) <= CASE_LIMIT
    link = str(known.get("url", "")) if known else ""
    return {
        "d": d,
        "anchor": anchor,
        "known": known,
        "link": link if is_web(link) else "",
        "case": clean(case) if whole else "",
        "headline": shorten(clean(d.headline), 200),
        "message": shorten(clean(str(d.example["message"])), MESSAGE_LIMIT),
        "figures": _figures(d),
    }


def _figures(d: Difference) -> list[tuple[str, str]]:
    """What is known of the smallest case, in the reader's words; empty fields are left out."""
    e = d.example
    bad = f"{e['bad_elements']:,} of {e['elements']:,}" if e["bad_elements"] is not None and e["elements"] else ""
    fields = (
        ("shapes", e["shapes"]),
        ("dtypes", e["dtype"]),
        ("fills", e["fill"]),
        ("attributes", e["attrs"]),
        ("error type", e["error_type"]),
        ("error ÷ allowed", "" if e["rho"] is None else rho_text(e["rho"])),
        ("largest error", "" if e["max_abs_error"] is None else f"{e['max_abs_error']:.4g}"),
        ("largest error in ulp", "" if e["max_ulp"] is None else f"{e['max_ulp']:,.4g}"),
        ("wrong elements", bad),
        ("worst at", e["worst_index"]),
        ("explained by", e["explained_by"]),
        ("run alone", f"{d.confirmed:,} of {d.count:,} failed again" if d.confirmed else ""),
    )
    return [(name, shorten(clean(str(value)), 500)) for name, value in fields if value != ""]


def _matrix(summary: Summary, aspect: str, anchors: dict[int, str]) -> list[tuple[str, list[dict[str, Any] | None]]]:
    first: dict[tuple[str, str, str, str], str] = {}
    for d in summary.differences:
        if id(d) in anchors:
            first.setdefault((d.op, d.aspect, d.target, d.kind), anchors[id(d)])
    return [
        (op, [_matrix_cell(summary.cell(op, aspect, target), first) for target in summary.targets])
        for op in summary.ops(aspect)
    ]


def _matrix_cell(cell: Cell | None, first: dict[tuple[str, str, str, str], str]) -> dict[str, Any] | None:
    if cell is None:
        return None
    counts = ("new", "fault", "known", "unsupported", "undefined", "fallback", "missing")
    notes = [f"{getattr(cell, name):,} {name}" for name in counts if getattr(cell, name)]
    anchor = first.get((cell.op, cell.aspect, cell.target, cell.state), "")
    return {"cell": cell, "notes": notes, "anchor": anchor}


def _rho_rows(rhos: Sequence[Rho]) -> list[tuple[str, str, dict[str, Rho]]]:
    found: dict[tuple[str, str], dict[str, Rho]] = {}
    for rho in rhos:
        found.setdefault((rho.op, rho.dtype), {})[rho.target] = rho
    return [(op, dtype, by_target) for (op, dtype), by_target in found.items()]


def _policy(style: str, script: str, images: bool) -> str:
    """Source of the syntax: https://www.w3.org/TR/CSP3/"""
    rules = ["default-src 'none'", f"style-src {_hash(style)}", f"script-src {_hash(script)}"]
    rules += ["img-src data:"] if images else []
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
