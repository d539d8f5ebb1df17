"""The commands that a page tells its reader to type, from how the run was started."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from reports.text import clean

DEFAULT_OUT = "opassay-report"


def out_folder(run: Mapping[str, Any]) -> str:
    """The run's folder as seen from where it was started: the value of ``--out``."""
    try:
        words = shlex.split(str(run["command"]))
    except ValueError:
        return DEFAULT_OUT
    for place, text in enumerate(words):
        if text.startswith("--out="):
            return text.partition("=")[2]
        if text == "--out" and place + 1 < len(words):
            return words[place + 1]
    return DEFAULT_OUT


def replay(run: Mapping[str, Any], case_id: str, target: str = "") -> str:
    """``opassay replay`` of one case on one target, or on all."""
    out = out_folder(run)
    words = ["opassay", "replay", case_id, *(["--target", target] if target else [])]
    return clean(shlex.join([*words, *(["--out", out] if out != DEFAULT_OUT else [])]))


def replay_finding(run: Mapping[str, Any], finding: str) -> str:
    """``opassay replay`` of a finding's smallest case."""
    return clean(shlex.join(["opassay", "replay", f"{out_folder(run)}/findings/{finding}/case.json"]))


def script(run: Mapping[str, Any], finding: str, file: str) -> str:
    """A finding's script, run by the interpreter at hand."""
    return clean(shlex.join(["python", f"{out_folder(run)}/findings/{finding}/{file}"]))
