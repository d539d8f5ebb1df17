"""A job: a batch of cases for a worker, the kind of question it is, and the answers so far."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome
from opassay.harness.plan.plan import Item

if TYPE_CHECKING:
    from opassay.harness.run.engine import Engine
    from opassay.harness.run.lane import Lane

Answer = tuple[Item, Outcome]

Place = tuple[str, str, int, str]
"""Op, aspect, number and key of a geometry."""

Taking = Callable[[Any, Item, Outcome, Judgement, str, Sequence[Fact]], None]
"""Takes a final judgement: lane, item, outcome, judgement, whether it was confirmed, the facts that cover it."""

BRIEF = 0.1
"""Share of the limit for a case of a known hang: where it no longer hangs, it is as fast as other cases."""

CERTAIN = 3
"""Multiple of the limit for a case that timed out, when it runs again alone: a true hang times out again."""

_IDS = itertools.count(1)


def next_id() -> int:
    """A fresh job id."""
    return next(_IDS)


@dataclass(frozen=True, eq=False)
class Given:
    """The cases of a job that a worker received.

    ``accepted``: those that broke a rule and returned all the same, so that they may have corrupted memory.
    """

    op: Op
    items: Sequence[Item]
    alone: bool = False
    others: Sequence[Op] = ()
    accepted: Sequence[Case] = ()


Trail = Sequence[Given]
"""What a worker was given last, in order, up to that in which it ended."""


@dataclass(eq=False)
class GroupEnd:
    """A worker ended while several cases ran as one program: each runs alone to find the one that caused it."""

    outcome: Outcome
    waiting: int
    trail: Trail
    found: bool = False


class Kind:
    """What a job is for: it owns what happens with the answers. The kinds are in ``kinds`` and ``retries``.

    ``role``: the name of the question on a tape, empty where tapes do not keep it. ``whole``: the job is one question,
    neither split nor attributed to one of its cases. ``urgent``: it diagnoses how a worker ended, so nothing is sent
    after it before it is answered. ``taker``: receives the judgements in place of the table.
    """

    role = ""
    whole = False
    taker: Taking | None = None

    @property
    def urgent(self) -> bool:
        return False

    def answered(self, engine: Engine, lane: Lane, job: Job, answers: Sequence[Answer]) -> None:
        """Handle all answers to one geometry, or those that came before the worker ended."""
        for item, outcome, judgement in engine.judged(lane, job, answers):
            self.judged(engine, lane, job, item, outcome, judgement)

    def judged(self, engine: Engine, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        """Handle one judged answer."""
        raise NotImplementedError(type(self).__name__)

    def unconfirmed(self, engine: Engine, lane: Lane, job: Job) -> None:
        """The target was given up: keep the verdict that was to be confirmed."""

    def in_group(self, end: GroupEnd) -> Kind:
        """The kind of each case's own job, after several cases together ended their worker."""
        return self


@dataclass(eq=False)
class Job:
    """A batch on its way to a worker, asked for ``kind``. ``alone``: one case, not compiled with others.

    ``others``: further ops of its cases. ``held``: answers to geometries that wait for their other fills. ``brief``: a
    known hang, with a shorter time limit; ``patient``: it timed out before and has a longer one. ``spoils``: it may
    corrupt the worker's memory, which would crash another case. ``fresh``: for a worker that has run nothing yet.
    ``trail``: the last cases that the worker received before it ended. ``accepted``: its cases that broke a rule and
    returned all the same.
    """

    op: Op
    items: Sequence[Item]
    kind: Kind
    alone: bool = False
    others: Sequence[Op] = ()
    trail: Trail = ()
    brief: bool = False
    patient: bool = False
    spoils: bool = False
    fresh: bool = False
    id: int = field(default_factory=next_id)
    answered: set[int] = field(default_factory=set)
    accepted: list[Case] = field(default_factory=list)
    held: dict[Place, list[Answer]] = field(default_factory=dict)

    def op_of(self, case: Case) -> Op:
        """The op of one of its cases."""
        return next((op for op in self.others if op.name == case.op), self.op)

    def again(self, item: Item, kind: Kind | None = None, **changes: Any) -> Job:
        """A job for one of its cases alone, of ``kind`` or of this job's kind."""
        changes = {"alone": True, "spoils": self.spoils, **changes}
        return Job(self.op_of(item.case), [item], kind or self.kind, **changes)

    def anew(self, items: Sequence[Item]) -> Job:
        """A job for some of its cases, none of which was answered."""
        return replace(self, items=items, id=next_id(), answered=set(), held={}, accepted=list(self.accepted))

    def limit(self, timeout: float) -> float:
        """Seconds per case, with ``timeout`` for a case that nothing is known of."""
        return timeout * (BRIEF if self.brief else CERTAIN if self.patient else 1)

    def message(self, timeout: float, repeat: bool) -> dict[str, Any]:
        """What a worker is sent; ``repeat``: every case is called twice."""
        return {
            "type": "batch",
            "id": self.id,
            "fuse": not self.alone,
            "repeat": [i for i, item in enumerate(self.items) if repeat or item.twice],
            "timeout": self.limit(timeout),
            "cases": [item.case.dumps() for item in self.items],
        }

    def given(self, items: Sequence[Item]) -> Given:
        """Some of its cases, as a worker received them."""
        return Given(self.op, items, self.alone, self.others, tuple(self.accepted))

    @cached_property
    def _sizes(self) -> Counter[Place]:
        return Counter(_place(item) for item in self.items)

    def hold(self, item: Item, outcome: Outcome) -> Sequence[Answer]:
        """All answers to a geometry once the last of them is there; none before."""
        place = _place(item)
        held = self.held.setdefault(place, [])
        held.append((item, outcome))
        return self.held.pop(place) if len(held) == self._sizes[place] else ()

    def release(self) -> list[Sequence[Answer]]:
        """The held answers of each geometry, when no more will come."""
        held, self.held = self.held, {}
        return list(held.values())

    def rest(self, without: Sequence[int] = ()) -> list[Item]:
        return [item for i, item in enumerate(self.items) if i not in self.answered and i not in without]


def _place(item: Item) -> Place:
    return item.case.op, item.case.aspect, item.number, item.case.geometry_key
