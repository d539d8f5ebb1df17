"""The journal: every record as one line, on disk as soon as it is known, readable after any kill."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.model.verdicts import COLUMNS, Record

NAME = "journal.jsonl"


class JournalError(Exception):
    """A journal that cannot be written, or that belongs to another run."""


class Journal:
    """Appends records to ``folder``/journal.jsonl; the first line says which run they belong to."""

    def __init__(self, folder: Path, identity: dict[str, Any], resume: bool = False) -> None:
        """Raises ``JournalError`` when the file cannot be written or, on ``resume``, is of another run."""
        self.path = folder / NAME
        self.done: list[Record] = []
        if resume and self.path.exists():
            self._continue(identity)
        self._descriptor = self._open(resume)
        if not (resume and self.path.stat().st_size):
            self._append({"run": identity})

    def _continue(self, identity: dict[str, Any]) -> None:
        header, self.done = read_journal(self.path)
        if header is not None and header != identity:
            changed = sorted(k for k in {*header, *identity} if header.get(k) != identity.get(k))
            raise JournalError(
                f"cannot resume: {self.path.name} was written by a run with other settings ({', '.join(changed)}); "
                "repeat its options, or leave out --resume"
            )
        _drop_torn_line(self.path)

    def _open(self, resume: bool) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if resume else os.O_TRUNC)
        try:
            return os.open(self.path, flags, 0o644)
        except OSError as error:
            raise JournalError(f"cannot write {self.path}: {error.strerror}") from None

    def add(self, record: Record) -> None:
        self._append({k: _to_json(v) for k, v in asdict(record).items()})

    def _append(self, line: dict[str, Any]) -> None:
        # One write per line: what a kill leaves behind is whole lines and at most one torn one.
        data = (json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n").encode()
        try:
            written = os.write(self._descriptor, data)
        except OSError as error:
            raise JournalError(f"cannot write {self.path}: {error.strerror}") from None
        if written != len(data):
            raise JournalError(f"cannot write {self.path}: the disk took {written} of {len(data)} bytes")

    def close(self) -> None:
        os.close(self._descriptor)


def read_journal(path: Path) -> tuple[dict[str, Any] | None, list[Record]]:
    """The identity line and every whole record; a torn last line is left out."""
    lines = list(_whole_lines(path))
    if not lines:
        return None, []
    try:
        return lines[0]["run"], [_record(line) for line in lines[1:]]
    except (KeyError, TypeError) as error:
        raise JournalError(f"{path} is not a journal of this version: {error}") from None


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                raise JournalError(f"{path} is not a journal: a line in it is not JSON") from None


def _drop_torn_line(path: Path) -> None:
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole != len(data):
        os.truncate(path, whole)


def _record(line: dict[str, Any]) -> Record:
    return Record(**{name: _from_json(line[name]) for name in COLUMNS})


def _to_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def _from_json(value: Any) -> Any:
    return float(value["float"]) if isinstance(value, dict) else value
