"""The head of a tape: its target, the run, and the worker's hello, all checked."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.harness.model import strict_json
from opassay.harness.model.target import Target
from opassay.harness.run.tape.file import TapeFile
from opassay.harness.worker import wire, words

MOST = 10**6
"""The largest number that a case may have in its stream."""


@dataclass(frozen=True)
class Hello:
    """What a worker said of itself, and the ``settings`` that known differences go by."""

    header: dict[str, Any]
    settings: dict[str, str]


class Tape:
    """One target's tape: ``label``, ``target``, what was asked, ``hellos`` by whether there were several threads.

    ``state``: ``ready``, or why it gave up. Raises ``TapeError`` for what no tape holds.
    """

    def __init__(self, path: Path) -> None:
        self.file = TapeFile(path)
        with self._readable():
            head = strict_json.fields(self.file.head, "its head", ("label", "target", "interpreter", "run", "shards"))
            self.label = _printable(head["label"])
            named = strict_json.fields(head["target"], "its target", ("adapter", "mode", "device", "name"))
            self.target = Target(*(_printable(named[name]) for name in ("adapter", "mode", "device", "name")))
            self.interpreter = _printable(head["interpreter"])
            self.run = _run(head["run"])
            self.shards = [_shard(entry) for entry in strict_json.entries(head["shards"])]
            self.state = _printable(self.file.end.get("state"), 2000)
            self.hellos = dict(self._hellos())

    @property
    def size(self) -> int:
        """Bytes of all frames."""
        return sum(chunk.raw for chunk in self.file.chunks)

    def size_of(self, op: str) -> int:
        """Bytes of the frames about one op."""
        return sum(chunk.raw for chunk in self.file.chunks if chunk.op == op)

    def _hellos(self) -> Iterator[tuple[bool, Hello]]:
        for chunk in self.file.chunks:
            frames = io.BytesIO(self.file.frames(chunk) if not chunk.op else b"")
            while (frame := self.file.read(frames)) is not None:
                yield bool(frame[0].get("parallel")), _hello(frame[0])

    def _readable(self) -> Readable:
        return Readable(self.file)


class Readable:
    """A context manager that turns errors about the content of a tape into ``TapeError``."""

    def __init__(self, file: TapeFile) -> None:
        self._file = file

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, (KeyError, TypeError, ValueError, AttributeError, AssertionError, wire.WireError)):
            raise self._file.problem(f"{type(error).__name__}: {error}"[:300]) from None


def _hello(told: Mapping[str, Any]) -> Hello:
    header, settings = told["hello"], told["settings"]
    words.check({**header, "protocol": wire.PROTOCOL})
    for name, value in settings.items():
        if not isinstance(value, str):
            raise ValueError(f"setting {name!r:.60} is {value!r:.60}")
    # The tape has a version of its own.
    return Hello({**header, "protocol": wire.PROTOCOL}, dict(settings))


def _run(told: Any) -> dict[str, Any]:
    names = ("opassay", "seed", "cases", "fills", "ops", "aspects", "timeout", "threads", "repeat")
    found = dict(strict_json.fields(told, "its run", names, ("exhaustive",)))
    for name in ("seed", "fills", "threads", *(("cases",) if found["cases"] is not None else ())):
        strict_json.integer(found[name])
    for name in ("ops", "aspects"):
        found[name] = [_printable(entry) for entry in strict_json.entries(found[name])]
    return {
        **found,
        "timeout": float(found["timeout"]),
        "repeat": bool(found["repeat"]),
        "exhaustive": bool(found.get("exhaustive")),
    }


def _shard(entry: Any) -> tuple[str, str, int, int, int, int]:
    op, aspect, *numbers = strict_json.entries(entry)
    start, stop, left_out, planned = (strict_json.integer(number) for number in numbers)
    if not 0 <= start <= stop <= MOST or not 0 <= planned <= MOST:
        raise ValueError(f"a slice from {start} to {stop} of {planned} records")
    return _printable(op), _printable(aspect), start, stop, left_out, planned


def _printable(value: Any, longest: int = 200) -> str:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise ValueError(f"expected a short text, got {value!r:.60}")
    return value
