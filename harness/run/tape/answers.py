"""What a tape tells: who answered, and every answer by the question that it is to."""

from __future__ import annotations

import io
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.harness.bounded import too_many
from opassay.harness.model import strict_json
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome
from opassay.harness.model.target import Target
from opassay.harness.run import wire, words
from opassay.harness.run.job import Job, Trail
from opassay.harness.run.plan import Item
from opassay.harness.run.tape.file import Chunk, TapeFile
from opassay.harness.run.tape.frames import ASKED, ROLES, role, trail_of, unpack

OPEN = 3
"""Chunks per target that are held in memory: what is asked lies together, first answers lie further back."""

MOST = 10**6
"""The largest number that a case may have in its stream."""

Key = tuple[str, bool, int, str]
"""Role, whether with several threads, number in the stream, case id."""


@dataclass(frozen=True)
class Spoken:
    """One answer. ``place``: which one on its tape. ``trail``: what a worker that ended with it was given last.

    ``group``: the number of those that ended their worker together.
    """

    place: int
    outcome: Outcome
    trail: Trail = ()
    group: int | None = None


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

    def _readable(self) -> _Readable:
        return _Readable(self.file)


class Answers:
    """The answers of one tape to questions about some ops; each is given once, in the order in which it was heard.

    ``find`` knows the ops by name; ``cases`` holds what was read of cases, which all tapes share.
    """

    def __init__(self, tape: Tape, ops: Sequence[str], find: Callable[[str], Op], cases: dict[str, Case]) -> None:
        self.tape, self._find, self._cases = tape, find, cases
        self._places: dict[Key, deque[tuple[int, int]]] = {}
        self._frames: list[tuple[Chunk, int]] = []
        self._open: OrderedDict[Chunk, bytes] = OrderedDict()
        self._first: dict[int, int] = {}
        self.groups: dict[int, tuple[Outcome, Trail]] = {}
        self.items: dict[tuple[str, str], dict[tuple[int, str], Item]] = {}
        with _Readable(tape.file):
            self._scan(ops)

    def take(self, job: Job, item: Item, parallel: bool, as_role: str = "") -> Spoken | None:
        """The next answer to ``item`` of ``job``; None where the tape has no more."""
        places = self._places.get((as_role or role(job), parallel, item.number, item.case.id))
        if not places:
            return None
        with _Readable(self.tape.file):
            return self._spoken(*places.popleft())

    def _spoken(self, place: int, group: int) -> Spoken:
        header, buffers = self._frame(place)
        if place in self._first:
            buffers = self._frame(self._first[place])[1]
        trail = trail_of(header["trail"], self._find, self._case) if "trail" in header else ()
        return Spoken(place, unpack(header, buffers), trail, None if group < 0 else group)

    def _scan(self, ops: Sequence[str]) -> None:
        """Note where each answer lies; none is kept."""
        count = 0
        for chunk in self.tape.file.chunks:
            if chunk.op not in ops:
                continue
            data = io.BytesIO(self._bytes(chunk))
            while True:
                offset = data.tell()
                frame = self.tape.file.read(data)
                if frame is None:
                    break
                self._frames.append((chunk, offset))
                self._note(count, frame[0])
                count += 1

    def _note(self, place: int, header: dict[str, Any]) -> None:
        asked, parallel = header["role"], header["parallel"]
        if asked not in ROLES or not isinstance(parallel, bool):
            raise ValueError(f"an answer to {asked!r:.60}")
        number = strict_json.integer(header["number"])
        if abs(number) > MOST:
            raise ValueError(f"a case of number {number}")
        case = self._case(header["case"]) if "case" in header else None
        id_ = case.id if case is not None else str(header["id"])
        if asked in ASKED:
            assert case is not None
            self.items.setdefault((case.op, case.aspect), {}).setdefault((number, id_), Item(number, case))
        group = self._group(header["group"]) if "group" in header else -1
        if "as" in header:
            # Frames of other ops are not in this list: what is the same is of one case.
            self._first[place] = self._earlier(header["as"], place)
        self._places.setdefault((asked, parallel, number, id_), deque()).append((place, group))

    def _earlier(self, value: Any, place: int) -> int:
        first = place - strict_json.integer(value)
        if not 0 <= first < place or first in self._first:
            raise ValueError(f"an answer that is as the one {value} before it")
        return first

    def _group(self, told: Any) -> int:
        number = strict_json.integer(told["number"])
        if "end" in told:
            self.groups[number] = unpack(told["end"], ()), trail_of(told["trail"], self._find, self._case)
        if number not in self.groups:
            raise ValueError(f"a group {number} that never ended")
        return number

    def _case(self, text: Any) -> Case:
        if text not in self._cases:
            case = Case.loads(str(text))
            if reason := too_many(case):
                raise ValueError(f"case {case.id} cannot be judged: {reason}")
            self._find(case.op)
            self._cases[text] = case
        return self._cases[text]

    def _frame(self, place: int) -> tuple[dict[str, Any], list[bytes]]:
        chunk, offset = self._frames[place]
        data = io.BytesIO(self._bytes(chunk))
        data.seek(offset)
        frame = self.tape.file.read(data)
        assert frame is not None
        return frame

    def _bytes(self, chunk: Chunk) -> bytes:
        found = self._open.pop(chunk, None)
        self._open[chunk] = self.tape.file.frames(chunk) if found is None else found
        while len(self._open) > OPEN:
            self._open.popitem(last=False)
        return self._open[chunk]


class _Readable:
    """Within it, what no tape holds becomes a ``TapeError``."""

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
    found = dict(strict_json.fields(told, "its run", names))
    for name in ("seed", "fills", "threads", *(("cases",) if found["cases"] is not None else ())):
        strict_json.integer(found[name])
    for name in ("ops", "aspects"):
        found[name] = [_printable(entry) for entry in strict_json.entries(found[name])]
    return {**found, "timeout": float(found["timeout"]), "repeat": bool(found["repeat"])}


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
