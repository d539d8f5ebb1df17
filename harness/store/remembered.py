"""Results about answers that earlier runs on this machine computed: the same answer, bit for bit, needs no second
search."""

from __future__ import annotations

import contextlib
import json
import platform
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from opassay.harness.model import strict_json
from opassay.harness.model.kept import digest
from opassay.harness.model.outcome import Returned
from opassay.harness.store.files import FileError, replace_file

FILE_BYTES = 1 << 26
EXPLANATIONS, JUDGEMENTS = "explanations.json", "judgements.json"
MOST = 60_000
"""Most results in a file; those of earlier runs are dropped first."""

PACKAGE = Path(__file__).resolve().parents[2]
PARTS = ("harness", "adapters", "cases")

T = TypeVar("T")


class Remembered:
    """Results as JSON, by key, valid while opassay's source does not change.

    Without a file nothing is remembered. A damaged file holds nothing, and its results are computed again.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._before = _read(path)
        self._now: dict[str, Any] = {}

    @property
    def keeps(self) -> bool:
        """Whether anything is remembered."""
        return self._path is not None

    def get(self, key: str, read: Callable[[Any], T]) -> T | None:
        """The result for ``key``, made by ``read``; None if there is none, or if ``read`` raises."""
        if key not in self._before:
            return None
        try:
            found = read(self._before[key])
        except (ValueError, TypeError, KeyError):
            del self._before[key]
            return None
        self._now[key] = self._before[key]
        return found

    def keep(self, key: str, found: Any) -> None:
        self._now[key] = found

    def save(self) -> None:
        """Store the results for the next run. Does nothing if the file cannot be written."""
        if self._path is None or self._now.keys() <= self._before.keys():
            return
        all_of_them = {**self._before, **self._now}
        latest = [key for key in all_of_them if key not in self._now] + list(self._now)
        found = {key: all_of_them[key] for key in latest[-MOST:]}
        with contextlib.suppress(FileError):
            replace_file(self._path, json.dumps({"source": source(), "found": found}, separators=(",", ":")).encode())


def key_of(outcome: Returned, *asked: object) -> str:
    """The key of a result: the answer bit for bit, and what is ``asked`` of it, in words."""
    said = (asked, outcome.fallback, outcome.unsteady, outcome.changed, outcome.inference)
    found = blake2b(repr(said).encode(), digest_size=16)
    found.update(digest(outcome.arrays))
    return found.hexdigest()


@cache
def source() -> str:
    """A digest of what computes results: opassay's source, NumPy and Python."""
    found = blake2b(f"{np.__version__} {platform.python_version()} {platform.machine()}".encode(), digest_size=16)
    for part in PARTS:
        for path in sorted((PACKAGE / part).rglob("*.py")):
            found.update(path.name.encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def _read(path: Path | None) -> dict[str, Any]:
    try:
        if path is None or path.stat().st_size > FILE_BYTES:
            return {}
        told = strict_json.mapping(strict_json.loads(path.read_bytes()), "findings")
        return dict(strict_json.mapping(told["found"], "findings")) if told.get("source") == source() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
