"""The journal: every record as one line, on disk as soon as it is known, readable after any kill."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from harness.model.verdicts import COLUMNS, SORT_COLUMNS, Record

NAME = "journal.jsonl"
Told = TypeVar("Told")


class JournalError(Exception):
    """A journal that cannot be written, or that belongs to another run."""


class Journal:
    """Appends records to ``folder``/journal.jsonl; the first line says which run they belong to."""

    def __init__(self, folder: Path, identity: dict[str, Any], resume: bool = False) -> None:
        """Raises ``JournalError`` when the file cannot be written or, on ``resume``, is of another run."""
        self.path = folder / NAME
        if resume and self.path.exists():
            self._continue(identity)
        self._descriptor = self._open(resume)
        if not (resume and self.path.stat().st_size):
            self._append({"run": identity})

    def _continue(self, identity: dict[str, Any]) -> None:
        header = read_header(self.path)
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
        self._append({k: _to_json(v) for k, v in vars(record).items()})

    def records(self) -> Iterator[Record]:
        """What the file holds so far, in the order in which it became known; one record in memory at a time."""
        return read_records(self.path)

    def sorted_records(self) -> Iterator[Record]:
        """The same in the order of the results table. Only keys and positions are held in memory."""
        places = sorted(_places(self.path))
        with self.path.open("rb") as stream:
            for _, offset in places:
                stream.seek(offset)
                yield _record(json.loads(stream.readline()))

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


def read_header(path: Path) -> dict[str, Any] | None:
    """What the journal says of its run, after every whole line of it was read; None for an empty one.

    Raises ``JournalError`` for a file that is no journal.
    """
    header = None
    for number, (_, line) in enumerate(_whole_lines(path)):
        if number == 0:
            header = _told(path, lambda line: line["run"], line)
        else:
            _told(path, _record, line)
    return header


def read_records(path: Path) -> Iterator[Record]:
    """Every whole record, one at a time; a torn last line is left out."""
    for number, (_, line) in enumerate(_whole_lines(path)):
        if number:
            yield _told(path, _record, line)


def _places(path: Path) -> Iterator[tuple[tuple[Any, ...], int]]:
    """The sort key of each record, and where in the file it begins."""
    for number, (offset, line) in enumerate(_whole_lines(path)):
        if number:
            # None comes last in the table, and cannot be compared with a number.
            key = ((line[name] is None, line[name]) for name in SORT_COLUMNS)
            yield tuple((no, sys.intern(v) if isinstance(v, str) else v) for no, v in key), offset


def _told(path: Path, read: Callable[[dict[str, Any]], Told], line: dict[str, Any]) -> Told:
    try:
        return read(line)
    except (KeyError, TypeError) as error:
        raise JournalError(f"{path} is not a journal of this version: {error}") from None


def _whole_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each whole line, and where it begins."""
    offset = 0
    with path.open("rb") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                return
            try:
                yield offset, json.loads(line)
            except ValueError:
                raise JournalError(f"{path} is not a journal: a line in it is not JSON") from None
            offset += len(line)


def _drop_torn_line(path: Path) -> None:
    whole = 0
    with path.open("rb") as stream:
        for line in stream:
            whole += len(line) if line.endswith(b"\n") else 0
    os.truncate(path, whole)


def _record(line: dict[str, Any]) -> Record:
    return Record(**{name: _from_json(line[name]) for name in COLUMNS})


def _to_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def _from_json(value: Any) -> Any:
    return float(value["float"]) if isinstance(value, dict) else value
