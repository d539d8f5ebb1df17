"""The journal: every record as one line, on disk as soon as it is known, readable after any kill."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pydantic

from opassay.harness.model import strict_json
from opassay.harness.model.verdicts import SORT_COLUMNS, VERDICTS, Record
from opassay.harness.store.files import FileError, cannot

NAME = "journal.jsonl"
LINE_LIMIT = 1 << 24
"""Bytes of the longest line that is read: what one row of the results table may have."""
T = TypeVar("T")


class JournalError(FileError):
    """A journal that cannot be written, or that belongs to another run."""


class Journal:
    """Appends records to ``folder``/journal.jsonl; the first line says which run they belong to."""

    def __init__(self, folder: Path, identity: dict[str, Any], resume: bool = False) -> None:
        """Raises ``JournalError`` when the file cannot be written or, on ``resume``, is of another run."""
        self.path = folder / NAME
        self._descriptor = self._open()
        try:
            self._begin(identity, resume)
        except BaseException:
            self.close()
            raise

    def _begin(self, identity: dict[str, Any], resume: bool) -> None:
        _lock(self._descriptor, self.path)
        if resume:
            self._continue(identity)
        elif os.fstat(self._descriptor).st_size:
            os.ftruncate(self._descriptor, 0)
        if not os.fstat(self._descriptor).st_size:
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

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise cannot("write", self.path, error) from None

    def add(self, record: Record) -> None:
        self._append({k: _to_json(v) for k, v in vars(record).items()})

    def records(self) -> Iterator[Record]:
        """What the file holds so far, in the order in which it became known; one record in memory at a time."""
        return read_records(self.path)

    def sorted_records(self) -> Iterator[Record]:
        """The same in the order of the results table."""
        return sorted_records(self.path)

    def _append(self, line: dict[str, Any]) -> None:
        # Nothing is buffered: what a kill leaves behind is whole lines and at most one torn one.
        data = (json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n").encode()
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            removed = not os.fstat(self._descriptor).st_nlink
        except OSError as error:
            raise cannot("write", self.path, error) from None
        if removed:
            raise JournalError(f"{self.path} was removed while the run wrote to it")

    def close(self) -> None:
        os.close(self._descriptor)


def read_header(path: Path) -> dict[str, Any] | None:
    """What the journal says of its run, after every record of it was read; None for an empty one.

    Raises ``JournalError`` for a file that is no journal.
    """
    header = next(_whole_lines(path), None)
    if header is None:
        return None
    for _ in read_records(path):
        pass
    return dict(_read(path, _identity, *header))


def read_records(path: Path) -> Iterator[Record]:
    """Every whole record, one at a time; a torn last line is left out."""
    for _, record in _placed(path):
        yield record


def sorted_records(path: Path) -> Iterator[Record]:
    """Every whole record in the order of the results table. Only keys and positions are held in memory."""
    places = sorted((_sort_key(record), offset) for offset, record in _placed(path))
    with path.open("rb") as stream:
        for _, offset in places:
            stream.seek(offset)
            yield _record(stream.readline())


def _placed(path: Path) -> Iterator[tuple[int, Record]]:
    """Each record, and where in the file it begins."""
    for offset, line in itertools.islice(_whole_lines(path), 1, None):
        yield offset, _read(path, _record, offset, line)


def _sort_key(record: Record) -> tuple[Any, ...]:
    # None comes last in the table, and cannot be compared with a number.
    values = (getattr(record, name) for name in SORT_COLUMNS)
    return tuple((value is None, sys.intern(value) if isinstance(value, str) else value) for value in values)


def _read(path: Path, read: Callable[[bytes], T], offset: int, line: bytes) -> T:
    try:
        return read(line)
    except ValueError as error:
        raise JournalError(f"{path} is not a journal of this version: the line at byte {offset}: {error}") from None


def _identity(line: bytes) -> Mapping[str, Any]:
    header = strict_json.fields(strict_json.loads(line), "its first line", ("run",))
    return strict_json.mapping(header["run"], "its run")


def _record(line: bytes) -> Record:
    try:
        row = _Row.model_validate_json(line)
    except pydantic.ValidationError as error:
        raise ValueError(strict_json.refusal(error.errors(include_url=False)[0])) from None
    return Record(**vars(row))


def _lock(descriptor: int, path: Path) -> None:
    """Keep the file for this process; ``JournalError`` when another one, still alive, writes it."""
    with contextlib.suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalError(f"cannot write {path}: another opassay writes it now; choose another --out") from None
        except OSError:
            return  # A file system without locks.


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep the journal at ``path``, if there is one, for this process; ``JournalError`` when another one writes it."""
    if not path.is_file():
        yield
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise cannot("read", path, error) from None
    try:
        _lock(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def being_written(path: Path) -> bool:
    """Whether a process that is alive writes the journal at ``path``; False also where no file system says so."""
    try:
        with locked(path):
            return False
    except FileError:
        return True


def _whole_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each whole line, and where it begins."""
    offset = 0
    for line in _lines(path):
        if line.endswith(b"\n"):
            yield offset, line
        offset += len(line)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while line := stream.readline(LINE_LIMIT):
                if len(line) == LINE_LIMIT:
                    raise JournalError(f"{path} is not a journal: it has a line of more than {LINE_LIMIT} bytes")
                yield line
    except OSError as error:
        raise cannot("read", path, error) from None


def _drop_torn_line(path: Path) -> None:
    whole = sum(len(line) for line in _lines(path) if line.endswith(b"\n"))
    if whole != path.stat().st_size:
        os.truncate(path, whole)


def _to_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    return value


def _from_json(value: Any) -> Any:
    return float(str(value.get("float"))) if isinstance(value, dict) else value


_TYPES: dict[str, Any] = {
    "str": str,
    "int | None": Annotated[int, pydantic.Field(ge=-(2**63), lt=2**63)] | None,
    "float | None": Annotated[float | None, pydantic.BeforeValidator(_from_json)],
}
_COLUMNS: dict[str, Any] = {f.name: (_TYPES[str(f.type)], ...) for f in fields(Record)}
_COLUMNS["verdict"] = (Literal[tuple(VERDICTS)], ...)
_Row = pydantic.create_model("_Row", __config__=pydantic.ConfigDict(strict=True), **_COLUMNS)
"""A record as a line has it: fields of the stated types only, and none that is missing."""
