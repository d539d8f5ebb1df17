"""Differences as entries of the page: their anchors, figures and limits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from opassay.harness.model.fact import apart
from opassay.harness.model.messages import normalised
from opassay.reports.data.text import clean, rho_text, shorten
from opassay.reports.sections import commands
from opassay.reports.sections.differences import Difference
from opassay.reports.sections.findings import Finding
from opassay.reports.sections.summarise import Summary

LIMITS = {"new": 200, "fault": 50, "listed": 100, "known": 100}
"""How many differences of each kind are shown in full."""
MESSAGE_LIMIT = 2_000
CASE_LIMIT = 8_000
TEXT_BUDGET = 600_000
"""The most characters of messages and cases of all entries of a kind; later cases are left out."""
NOBODY = "nobody yet"
TITLES = {
    "new": "New differences",
    "fault": "Faults of opassay or an adapter",
    "listed": "Differences in untested versions",
    "known": "Known differences seen",
}


def anchors(found: Sequence[Difference]) -> dict[int, str]:
    """An id for each difference that is shown, by its place in memory."""
    out: dict[int, str] = {}
    for kind, limit in LIMITS.items():
        for number, d in enumerate([d for d in found if d.kind == kind][:limit]):
            out[id(d)] = f"{kind}-{number + 1}"
    return out


def section(summary: Summary, kind: str, ids: dict[int, str], findings: Sequence[Finding] = ()) -> dict[str, Any]:
    """The entries of one kind and the number of those left out."""
    found = summary.of_kind(kind)
    first = found[: LIMITS[kind]]
    shown, left = [], TEXT_BUDGET
    for d in first:
        entry = _entry(d, ids[id(d)], summary.run, known_of(d, summary.run))
        left -= len(entry["message"]) + len(entry["case"])
        shown.append({**entry, "findings": _of(d, findings), "case": entry["case"] if left >= 0 else ""})
    return {
        "kind": kind,
        "title": TITLES[kind],
        "count": len(found),
        "records": sum(d.count for d in found),
        "shown": shown,
        "left_out": len(found) - len(first),
        "left_out_records": sum(d.count for d in found[LIMITS[kind] :]),
    }


def is_web(url: str) -> bool:
    """Whether ``url`` may become a link: http and https only."""
    return url.startswith(("https://", "http://"))


def stable_id(d: Difference) -> str:
    """Eight hex digits that a difference keeps from run to run, for stable links."""
    key = (d.op, d.aspect, d.target, d.verdict, d.known, normalised(str(d.example["message"])))
    return hashlib.sha256("\0".join(key).encode("utf-8", "replace")).hexdigest()[:8]


def _of(d: Difference, findings: Sequence[Finding]) -> list[str]:
    """The ids of the findings about the same op, aspect, verdict and target."""
    found = [
        f.id for f in findings if (f.op, f.aspect, f.verdict) == (d.op, d.aspect, d.verdict) and d.target in f.targets
    ]
    return found if d.kind in ("new", "listed") else []


def _entry(d: Difference, anchor: str, run: Mapping[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    case = str(d.example["case"])
    link = str(known.get("url", "")) if known else ""
    return {
        "d": d,
        "anchor": anchor,
        "stable": stable_id(d),
        "command": commands.replay(run, d.case_id, d.target),
        "known": known,
        "owner": str((known or {}).get("owner") or NOBODY),
        "link": link if is_web(link) else "",
        "case": clean(case) if len(case) <= CASE_LIMIT else "",
        "headline": shorten(clean(d.headline), 200),
        "message": shorten(clean(str(d.example["message"])), MESSAGE_LIMIT),
        "figures": _figures(d),
    }


def known_of(d: Difference, run: Mapping[str, Any]) -> dict[str, Any] | None:
    """The entry of ``run.json`` for the known difference that covers ``d``; of several, the first with all reasons."""
    here = {k["id"]: k for k in run["known"] if k.get("adapter") == d.example["adapter"]}
    found = [here[name] for name in apart(d.known) if name in here]
    return {**found[0], "reason": "; ".join(str(k.get("reason", "")) for k in found)} if found else None


def _figures(d: Difference) -> list[tuple[str, str]]:
    """The properties of the smallest case, in the reader's terms; empty fields are left out, as is an error of 0: what
    differs then is a NaN, an infinity or the sign of a zero."""
    e = d.example
    bad = f"{e['bad_elements']:,} of {e['elements']:,}" if e["bad_elements"] is not None and e["elements"] else ""
    fields = (
        ("shapes", e["shapes"]),
        ("dtypes", e["dtype"]),
        ("fills", e["fill"]),
        ("attributes", e["attrs"]),
        ("error type", e["error_type"]),
        ("error ÷ allowed", "" if e["rho"] is None else rho_text(e["rho"])),
        ("largest error", "" if not e["max_abs_error"] else f"{e['max_abs_error']:.4g}"),
        ("largest error in ulp", "" if not e["max_ulp"] else f"{e['max_ulp']:,.4g}"),
        ("wrong elements", bad),
        ("worst at", e["worst_index"]),
        ("explained by", e["explained_by"]),
        ("run alone", f"{d.confirmed:,} of {d.count:,} failed again" if d.confirmed else ""),
    )
    return [(name, shorten(clean(str(value)), 500)) for name, value in fields if value != ""]
