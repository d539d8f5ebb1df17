"""Text of frameworks, made safe to store and to display."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Control characters other than tab and newline, surrogates, non-characters, and bidirectional marks:
# they break CSV readers and XML, or mislead a reader.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    r"""``text`` with newlines as ``\n`` and unprintable characters written out (``\x1b``)."""
    # Printable text is returned unchanged, which makes most of a million records fast.
    return text if text.isprintable() else _UNPRINTABLE.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, with the number of those left out."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def plural(count: int, singular: str, several: str = "") -> str:
    """``1 case``, ``2,000 cases``."""
    return f"{count:,} {singular if count == 1 else several or singular + 's'}"


def share(count: int, total: int) -> str:
    """``12 of 200 (6.0 %)``: a percentage always has its denominator."""
    return f"{count:,} of {total:,} ({100 * count / total:.1f} %)" if total else f"{count:,} of 0"


def rho_text(rho: float | None) -> str:
    """Error ÷ allowed error in three digits; a dash if there is none."""
    return "-" if rho is None else f"{rho:.3g}"


def seconds_text(seconds: float) -> str:
    """``0.012 s``, ``3.4 s``, ``1,234 s``: two digits, or whole seconds."""
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


def finding_line(finding: Mapping[str, Any]) -> str:
    """A finding of ``run.json`` in one line: number of records, op, smallest case, cause, and certainty."""
    parts = [f"{plural(finding['records'], 'record')} on {', '.join(finding['targets'])}"]
    parts.append(plural(finding["elements"], "element"))
    parts += [finding["explained_by"]] if finding["explained_by"] else []
    if finding["failed"] < finding["runs"]:
        parts.append(f"failed {finding['failed']} of {finding['runs']} times alone")
    shown = [r for r in finding["reproductions"] if r.get("reproduces")]
    if finding["reproductions"]:
        parts.append(f"{len(shown)} of {plural(len(finding['reproductions']), 'script')} reproduce")
    parts += ["all targets agree: the oracle is suspect"] if finding["suspect_oracle"] else []
    return "; ".join(parts)
