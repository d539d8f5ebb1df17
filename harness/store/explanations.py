"""Which mistakes gave an answer, as earlier runs on this machine found: the same answer need not be explained again."""

from __future__ import annotations

import contextlib
import json
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.model import strict_json
from opassay.harness.model.kept import digest
from opassay.harness.model.outcome import Returned
from opassay.harness.store.files import FileError, replace_file

NAME = "explanations.json"
FILE_BYTES = 1 << 24
MOST = 20_000
"""So many explanations are kept; those of the runs before go first."""

PACKAGE = Path(__file__).resolve().parents[2]
PARTS = ("harness", "adapters", "cases")


class Explanations:
    """The names of the mistakes by what was to be explained, for as long as nothing of opassay's source changes.

    Without a file it remembers nothing. A damaged file holds nothing: what it held is found again.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._before = _read(path)
        self._now: dict[str, list[str]] = {}

    def get(self, key: str) -> list[str] | None:
        """The names that were found; None where nobody looked."""
        found = self._before.get(key)
        if found is not None:
            self._now[key] = found
        return found

    def keep(self, key: str, names: Sequence[str]) -> None:
        self._now[key] = list(names)

    def save(self) -> None:
        """Keep what was found for the next run; nobody is told where that cannot be written."""
        if self._path is None or self._now.keys() <= self._before.keys():
            return
        all_of_them = {**self._before, **self._now}
        latest = [key for key in all_of_them if key not in self._now] + list(self._now)
        told = {"source": source(), "found": {key: all_of_them[key] for key in latest[-MOST:]}}
        with contextlib.suppress(FileError):
            replace_file(self._path, json.dumps(told).encode())


def key_of(outcome: Returned, *asked: object) -> str:
    """What tells one explanation from another: the answer bit for bit, and what is ``asked`` of it, in words."""
    found = blake2b(repr((asked, outcome.fallback, outcome.unsteady, outcome.changed)).encode(), digest_size=16)
    found.update(digest(outcome.arrays))
    return found.hexdigest()


@cache
def source() -> str:
    """A name of all that explains: opassay's source, NumPy and Python."""
    found = blake2b(f"{np.__version__} {platform.python_version()} {platform.machine()}".encode(), digest_size=16)
    for part in PARTS:
        for path in sorted((PACKAGE / part).rglob("*.py")):
            found.update(path.name.encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def _read(path: Path | None) -> dict[str, list[str]]:
    try:
        if path is None or path.stat().st_size > FILE_BYTES:
            return {}
        told = strict_json.mapping(strict_json.loads(path.read_bytes()), "explanations")
        return _names(told["found"]) if told.get("source") == source() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _names(found: Any) -> dict[str, list[str]]:
    given: Mapping[str, Any] = strict_json.mapping(found, "explanations")
    return {str(key): [str(name) for name in names] for key, names in given.items()}
