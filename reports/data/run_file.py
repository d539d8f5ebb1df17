"""``run.json``: what was planned, on which targets, on which machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RUN = "run.json"
RUNNING = "running"
"""The status of a run that goes on, or that was killed."""
LIMIT = 1 << 26
"""Bytes that are read of it at most."""
_DEFAULTS: dict[str, Any] = {
    "opassay": "",
    "command": "",
    "seed": 0,
    "cases": 0,
    "fills": 0,
    "suite": {},
    "budget": 0.0,
    "status": "finished",
    "targets": {},
    "families": {},
    "shards": [],
    "known": [],
    "choices": [],
    "findings": [],
    "faults": [],
    "machine": {},
    "warnings": [],
}


def read_run(folder: Path | str) -> dict[str, Any]:
    """The run described in ``folder``, every key present.

    Raises ``ValueError`` when the file is absent, is not JSON, or holds something of another kind
    than a run.
    """
    path = Path(folder) / RUN
    if not path.is_file():
        raise ValueError(f"{folder} has no {RUN}; expected a folder that `opassay run --out` wrote")
    try:
        with path.open("rb") as stream:
            text = stream.read(LIMIT + 1)
        if len(text) > LIMIT:
            raise ValueError(f"it has more than {LIMIT} bytes")
        return complete(json.loads(text.decode()))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} does not describe a run ({error}); run opassay again") from error


def complete(run: Mapping[str, Any]) -> dict[str, Any]:
    """``run`` with every key present; ``ValueError`` for one of the wrong kind."""
    if not isinstance(run, Mapping):
        raise ValueError(f"expected an object, got {type(run).__name__}")
    for key, default in _DEFAULTS.items():
        if key in run and not isinstance(run[key], (int, float) if isinstance(default, float) else type(default)):
            raise ValueError(f"{key} must be {type(default).__name__}, got {type(run[key]).__name__}")
    if "shards" not in run:
        raise ValueError("it lacks the shards, so nobody knows what was planned")
    return {**_DEFAULTS, **run}
