"""The commands that a page suggests, derived from how the run was started."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from opassay.reports.data.text import clean

DEFAULT_OUT = "opassay-report"
CARRIED = ("--adapter", "--python")
"""Options of a run that all commands about it need, too."""


def out_folder(run: Mapping[str, Any]) -> str:
    """The run's folder relative to where it was started: the value of ``--out``."""
    return next(reversed(_values(run, "--out")), DEFAULT_OUT)


def _values(run: Mapping[str, Any], option: str) -> list[str]:
    """The values of ``option`` in the run's command, as ``--out DIR`` or ``--out=DIR``."""
    words = _words(run)
    joined = [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
    return joined + [value for word, value in pairwise(words) if word == option]


def _words(run: Mapping[str, Any]) -> list[str]:
    try:
        return shlex.split(str(run["command"]))
    except ValueError:
        return []


def replay(run: Mapping[str, Any], case_id: str, target: str = "", out: str = "") -> str:
    """``opassay replay`` of one case on one target, or on all; ``out``: the run's current folder, if known."""
    folder = out or out_folder(run)
    where = ["--out", folder] if folder != DEFAULT_OUT else []
    return _replay(run, case_id, [target] if target else [], where)


def replay_finding(run: Mapping[str, Any], finding: str, targets: Iterable[str] = (), threads: int = 1) -> str:
    """``opassay replay`` of a finding's smallest case, on the targets that show it, with that number of threads."""
    more = ["--threads", str(threads)] if threads > 1 else []
    return _replay(run, f"{out_folder(run)}/findings/{finding}/case.json", targets, more)


def _replay(run: Mapping[str, Any], case: str, targets: Iterable[str], more: Sequence[str]) -> str:
    chosen = [word for target in targets for word in ("--target", target)]
    carried = [word for option in CARRIED for value in _values(run, option) for word in (option, value)]
    return clean(shlex.join(["opassay", "replay", case, *chosen, *carried, *more]))


def resume(run: Mapping[str, Any]) -> str:
    """The command that continues the run; a tape is judged again from its beginning."""
    words = [word for word in _words(run) if word != "--resume"] or ["opassay", "run"]
    if "rejudge" in words[1:2]:
        return clean(shlex.join(words))
    # Only whole runs are recorded.
    record = [n for n, word in enumerate(words) if word == "--record"]
    left = [word for n, word in enumerate(words) if n not in record and n - 1 not in record]
    return clean(shlex.join([*left, "--resume"]))


def script(run: Mapping[str, Any], finding: str, file: str) -> str:
    """A finding's script, run by the current interpreter."""
    return clean(shlex.join(["python", f"{out_folder(run)}/findings/{finding}/{file}"]))
