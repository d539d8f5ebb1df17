"""Asks an adapter in processes of its own: what ends one is what was seen, and the next goes on behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from opassay.harness.contract.observe import Observation

_ROOT = str(Path(__file__).absolute().parents[3])
ENDS = 50
"""So many times the framework may end its process: each next one imports it again."""


@dataclass(frozen=True)
class Interview:
    """What an adapter was seen to do, and why it was not asked to the end, or nothing."""

    seen: tuple[Observation, ...]
    problem: str = ""


@dataclass(frozen=True)
class _Part:
    """What one process told: what was seen, the question that it left open, and how it ended (None: it hung)."""

    seen: tuple[Observation, ...]
    asking: Observation | None
    status: int | None
    printed: str = ""


@cache
def interview(
    location: str, device: str, timeout: float, mode: str = "", sample: tuple[int, int] = (1, 0)
) -> Interview:
    """Ask the adapter at module:Class, with the import path of this process; ``timeout``: seconds for all of it."""
    until = time.monotonic() + timeout
    command = [sys.executable, "-P", "-m", "opassay.harness.contract.ask", location, device, *map(str, sample)]
    seen: list[Observation] = []
    behind: list[str] = []
    for _ in range(ENDS):
        part = _asked([*command, *behind], mode, until - time.monotonic())
        seen += part.seen
        if part.status is None:
            return Interview(tuple(seen), f"no answer for {timeout:.0f} s{_while_asked(part.asking)}")
        if part.asking is None:
            return Interview(tuple(seen), _problem(seen, part))
        behind = [str(part.asking.pop("number"))]
        seen.append({**part.asking, "saw": f"the process ended: {_how(part.status)}"})
    return Interview(tuple(seen), f"its process ended {ENDS} times, at last{_while_asked(part.asking)}\n{part.printed}")


def _asked(command: list[str], mode: str, timeout: float) -> _Part:
    path = os.pathsep.join(dict.fromkeys([*(entry or os.getcwd() for entry in sys.path), _ROOT]))
    environment = {**os.environ, "PYTHONPATH": path, "OPASSAY_THREADS": os.environ.get("OPASSAY_THREADS", "1")}
    if mode:
        environment["OPASSAY_MODE"] = mode
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        return _Part(*_read(late.stdout), None)
    return _Part(*_read(done.stdout), done.returncode, done.stderr[-3000:])


def _read(text: str | bytes | None) -> tuple[tuple[Observation, ...], Observation | None]:
    """What was seen, and what was being asked when the text ended."""
    whole = text.decode() if isinstance(text, bytes) else text or ""
    lines = [json.loads(line) for line in whole.split("\n")[:-1]]
    asking = lines[-1] if lines and "number" in lines[-1] else None
    return tuple(line for line in lines if "number" not in line), asking


def _problem(seen: list[Observation], part: _Part) -> str:
    """Of a process that had been asked nothing when it ended."""
    if part.status == 0:
        return ""
    after = f" after {seen[-1]['check']}: {seen[-1]['about']}" if seen else ""
    return f"its process ended with status {part.status}{after}\n{part.printed}"


def _while_asked(asking: Observation | None) -> str:
    return f" while it was asked {asking['check']}: {asking['about']}" if asking else ""


def _how(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit {status}"
