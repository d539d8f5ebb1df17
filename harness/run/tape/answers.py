"""The answers of a tape, by the question that each is to."""

from __future__ import annotations

import io
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from opassay.harness.find.bounded import too_many
from opassay.harness.model import strict_json
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome
from opassay.harness.plan.plan import Item
from opassay.harness.run.job import Job, Trail
from opassay.harness.run.tape.file import Chunk
from opassay.harness.run.tape.frames import ASKED, ROLES, role, trail_of, unpack
from opassay.harness.run.tape.tape import MOST, Readable, Tape

OPEN = 3
"""Chunks per target in memory. Questions come in order; first answers lie further back."""

Key = tuple[str, bool, int, str]
"""Role, whether with several threads, number in the stream, case id."""


@dataclass(frozen=True)
class Spoken:
    """One answer. ``place``: which one on its tape. ``trail``: what a worker that ended with it was given last.

    ``group``: the number of those that ended their worker together; ``waiting`` and ``found``: how far it had come, if
    the tape says so.
    """

    place: int
    outcome: Outcome
    trail: Trail = ()
    group: int | None = None
    waiting: int | None = None
    found: bool = False


class Answers:
    """The answers of one tape about some ops; each is given once, in the order in which it was recorded.

    ``find``: ops by name; ``cases``: cases by their JSON, shared by all tapes.
    """

    def __init__(self, tape: Tape, ops: Sequence[str], find: Callable[[str], Op], cases: dict[str, Case]) -> None:
        self.tape, self._find, self._cases = tape, find, cases
        self._places: dict[Key, deque[tuple[int, int]]] = {}
        self._frames: list[tuple[Chunk, int]] = []
        self._open: OrderedDict[Chunk, bytes] = OrderedDict()
        self._first: dict[int, int] = {}
        self.groups: dict[int, tuple[Outcome, Trail]] = {}
        self.items: dict[tuple[str, str], dict[tuple[int, str], Item]] = {}
        with Readable(tape.file):
            self._scan(ops)

    def take(self, job: Job, item: Item, parallel: bool, as_role: str = "") -> Spoken | None:
        """The next answer to ``item`` of ``job``; None where the tape has no more."""
        places = self._places.get((as_role or role(job), parallel, item.number, item.case.id))
        if not places:
            return None
        with Readable(self.tape.file):
            return self._spoken(*places.popleft())

    def _spoken(self, place: int, group: int) -> Spoken:
        header, buffers = self._frame(place)
        if place in self._first:
            buffers = self._frame(self._first[place])[1]
        trail = trail_of(header["trail"], self._find, self._case) if "trail" in header else ()
        outcome = unpack(header, buffers)
        if group < 0:
            return Spoken(place, outcome, trail)
        told = header["group"]
        waiting = strict_json.integer(told["waiting"]) if "waiting" in told else None
        return Spoken(place, outcome, trail, group, waiting, told.get("found") is True)

    def _scan(self, ops: Sequence[str]) -> None:
        """Index the place of each answer; no answer is kept in memory."""
        own: defaultdict[str, list[int]] = defaultdict(list)
        for chunk in self.tape.file.chunks:
            if chunk.op not in ops:
                continue
            data = io.BytesIO(self._bytes(chunk))
            while True:
                offset = data.tell()
                frame = self.tape.file.read(data)
                if frame is None:
                    break
                own[chunk.op].append(len(self._frames))
                self._frames.append((chunk, offset))
                self._note(own[chunk.op], frame[0])

    def _note(self, own: Sequence[int], header: dict[str, Any]) -> None:
        """Index the answer that was read last."""
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
            # What is the same is of one case, so answers to other ops do not count.
            self._first[own[-1]] = self._earlier(header["as"], own)
        self._places.setdefault((asked, parallel, number, id_), deque()).append((own[-1], group))

    def _earlier(self, value: Any, own: Sequence[int]) -> int:
        back = strict_json.integer(value)
        if not 0 < back < len(own) or own[-1 - back] in self._first:
            raise ValueError(f"an answer that is as the one {value} before it")
        return own[-1 - back]

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
