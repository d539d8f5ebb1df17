"""A job: what is on its way to a worker, and what became of it so far."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Crashed, Outcome
from opassay.harness.plan.plan import Item

Answer = tuple[Item, Outcome]

Place = tuple[str, str, int, str]
"""Op, aspect, number and key of a geometry."""

Trail = Sequence["Job"]
"""The jobs that a worker was given last, in order, up to the one in which it ended."""

Holding = Callable[[Any, Item, Outcome, Judgement, str, Sequence[Fact]], None]
"""Takes a final judgement instead of a record: lane, item, outcome, judgement, whether it was confirmed, the
facts that cover it."""

Listening = Callable[[Any, "Job", Item, Outcome], None]
"""Takes an answer instead of a judgement: lane, job, item, outcome."""

_IDS = itertools.count(1)


def next_id() -> int:
    """A number that no other job has."""
    return next(_IDS)


@dataclass(eq=False)
class GroupEnd:
    """A worker ended while several cases ran as one program: whose fault it was shows when each runs alone."""

    outcome: Outcome
    waiting: int
    trail: Trail
    found: bool = False


@dataclass(eq=False)
class Replay:
    """A worker ended and its case does not end one alone: ``trail``, what that worker was given last, is given to a
    fresh one. ``ended``: whether that ended too. ``item`` makes the record, ``outcome`` and ``judgement`` are what it
    came to alone.
    """

    trail: Trail
    end: Crashed
    item: Item
    outcome: Outcome
    judgement: Judgement
    waiting: int = 0
    ended: bool = False


@dataclass(eq=False)
class Job:
    """A batch on its way to a worker. ``alone``: one case run again to confirm what it did before.

    ``others``: further ops that its cases are of. ``held``: answers to geometries that wait for their other fills.
    ``probe``: a known difference's pin, ``ask``: a case to show; neither makes a record. ``brief``: known to hang,
    so that it need not have all its time; ``patient``: it gave no answer in time, and has more. ``spoils``: the worker
    may go on after it with damaged memory, which is then another case's crash. ``fresh``: for a worker that was given
    nothing yet. ``earlier``: what the case came to before, ``end`` how it ended its worker then, after ``trail``.
    ``accepted``: its cases that broke a rule and returned all the same, so that they may have written anywhere.
    ``taker`` and ``listener`` take its judgements or answers in place of the table.
    """

    op: Op
    items: Sequence[Item]
    alone: bool = False
    others: Sequence[Op] = ()
    earlier: Judgement | None = None
    end: Outcome | None = None
    trail: Trail = ()
    probe: bool = False
    brief: bool = False
    patient: bool = False
    ask: bool = False
    spoils: bool = False
    fresh: bool = False
    group: GroupEnd | None = None
    replay: Replay | None = None
    taker: Holding | None = None
    listener: Listening | None = None
    id: int = field(default_factory=next_id)
    answered: set[int] = field(default_factory=set)
    accepted: list[Case] = field(default_factory=list)
    held: dict[Place, list[Answer]] = field(default_factory=dict)

    def op_of(self, case: Case) -> Op:
        """The op of one of its cases."""
        return next((op for op in self.others if op.name == case.op), self.op)

    def again(self, item: Item, **changes: Any) -> Job:
        """A job for one of its cases alone; who takes the answer, and for what, stays the same."""
        kept = {name: getattr(self, name) for name in ("spoils", "probe", "taker", "listener")}
        given = {"alone": True, **kept, **changes}
        return Job(self.op_of(item.case), [item], **given)

    def given(self, items: Sequence[Item]) -> Job:
        """What a worker was given of it, and nothing of what came before: a trail must not hold all earlier ones."""
        return Job(self.op, items, self.alone, self.others, accepted=list(self.accepted))

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
        """What is held of each geometry, of which no more will come."""
        held, self.held = self.held, {}
        return list(held.values())

    def rest(self, without: Sequence[int] = ()) -> list[Item]:
        return [item for i, item in enumerate(self.items) if i not in self.answered and i not in without]


def _place(item: Item) -> Place:
    return item.case.op, item.case.aspect, item.number, item.case.geometry_key
