"""Durations of answers in earlier runs on this machine, from which a budget is planned."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from opassay.harness.model import strict_json
from opassay.harness.model.verdicts import Record
from opassay.harness.store.files import FileError, replace_file

NAME = "durations.json"
FILE_BYTES = 1 << 24
STARTING = "start"


class Durations:
    """Seconds per answer by target, op and aspect, and until a target's worker answers; None if unknown."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._known = path, _read(path)

    def answer(self, label: str, op: str, aspect: str) -> float | None:
        return self._known.get(label, {}).get(f"{op} {aspect}")

    def start(self, label: str) -> float | None:
        return self._known.get(label, {}).get(STARTING)

    def learn(self, watch: Watch) -> None:
        """Store what ``watch`` measured; other entries stay. Does nothing if the file cannot be written."""
        for label, told in watch.told().items():
            self._known.setdefault(label, {}).update(told)
        if self._path is not None:
            with contextlib.suppress(FileError):
                replace_file(self._path, json.dumps(self._known, indent=0, sort_keys=True).encode())


class Watch:
    """Measures durations: the time between two records of a target belongs to the second one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._ready = clock()
        self._last: dict[str, float] = {}
        self._seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._count: Counter[tuple[str, str]] = Counter()

    def ready(self) -> None:
        """All workers have said hello."""
        self._ready = self._clock()

    def see(self, record: Record) -> None:
        now, key = self._clock(), (record.target, f"{record.op} {record.aspect}")
        self._seconds[key] += now - self._last.get(record.target, self._ready)
        self._count[key] += 1
        self._last[record.target] = now

    def told(self) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for (label, what), count in self._count.items():
            own = found.setdefault(label, {STARTING: round(self._ready - self._began, 3)})
            own[what] = round(self._seconds[label, what] / count, 6)
        return found


def _read(path: Path | None) -> dict[str, dict[str, float]]:
    """The content of the file; empty for a damaged one, which only makes the plan less accurate."""
    try:
        if path is None or path.stat().st_size > FILE_BYTES:
            return {}
        return {str(label): _numbers(told) for label, told in _mapping(strict_json.loads(path.read_bytes())).items()}
    except (OSError, ValueError):
        return {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return strict_json.mapping(value, "durations")


def _numbers(told: Any) -> dict[str, float]:
    found = {str(what): float(seconds) for what, seconds in _mapping(told).items()}
    if not all(math.isfinite(seconds) and seconds >= 0 for seconds in found.values()):
        raise ValueError("a duration is a number of seconds")
    return found
