"""Messages of frameworks without what changes from run to run: addresses, paths, times, pids."""

from __future__ import annotations

import re

LIMIT = 600

_RULES = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"[\x00-\x08\x0e-\x1f\x7f]"), ""),
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"(?:/[\w.+-]+){2,}/([\w.+-]+)"), r"…/\1"),
    # Files of a linker, tempfile's folders.
    (re.compile(r"(?<=\w-)[0-9a-f]{6,}(?=\.[a-zA-Z])|\btmp[a-z0-9_]{8}\b"), "…"),
    (re.compile(r"\{\{function_node [^}]*\}\}\s*"), ""),
    (re.compile(r"\b[WIEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+\s*"), ""),
    (re.compile(r"(__inference_\w*?|__forward_\w*?|jit_\w*?|wrapped_)_?\d+\b"), r"\1"),
    (re.compile(r"\s+"), " "),
    # Frames of a trace, which would leave no room for what was raised in the last one.
    (re.compile(r'(?:File "[^"]*", line \d+, in \S+ )+'), ""),
)


def clean_message(text: str) -> str:
    """One line of at most ``LIMIT`` characters, the same in two runs that get the same exception."""
    if not text:
        return text
    # A framework may put bytes into a message that no file of ours could hold.
    text = text.encode("utf-8", "replace").decode("utf-8")
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = text.strip()
    return text if len(text) <= LIMIT else text[: LIMIT - 1] + "…"
