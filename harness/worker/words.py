"""The schema of a worker's messages: the type of every field, checked before the parent relies on it.

A framework that writes to the worker's descriptors can end its worker, but not the run.
"""

from __future__ import annotations

from typing import Any

from opassay.harness.worker.wire import WireError

Wanted = type | list[type]

_MESSAGES: dict[str, dict[str, Wanted]] = {
    "hello": {
        "protocol": int,
        "name": str,
        "version": str,
        "origin": str,
        "prefix": str,
        "python": str,
        "numpy": str,
        "executor": str,
        "devices": [str],
        "modes": [str],
        "fused": bool,
        "ops": [str],
        "settings": dict,
        "rules": [dict],
    },
    "failed": {"why": str, "usage": bool},
    "start": {"batch": int, "positions": [int]},
    "outcome": {"batch": int, "position": int, "kind": str},
    "done": {"batch": int},
}


def check(header: dict[str, Any]) -> None:
    """Raises ``WireError`` that names the field which is missing or of another type."""
    kind = header.get("type")
    if not isinstance(kind, str) or kind not in _MESSAGES:
        raise WireError(f"a message of type {kind!r:.80}")
    for name, wanted in _MESSAGES[kind].items():
        if not _fits(header.get(name), wanted):
            raise WireError(f"{name!r} of {kind!r} is {header.get(name)!r:.80}")


def _fits(value: Any, wanted: Wanted) -> bool:
    if isinstance(wanted, list):
        return isinstance(value, list) and all(_fits(entry, wanted[0]) for entry in value)
    # To Python True is an int, which no position is.
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
