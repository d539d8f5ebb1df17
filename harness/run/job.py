"""A job: what is on its way to a worker, and what became of it so far."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.judge.compare import Judgement
from harness.model.op import Op
from harness.model.outcome import Outcome
from harness.run.plan import Item

Answer = tuple[Item, Outcome]

_IDS = itertools.count(1)


def next_id() -> int:
    """A number that no other job has."""
    return next(_IDS)


@dataclass(eq=False)
class GroupEnd:
    """A worker ended while several cases ran as one program: whose fault it was shows when each runs alone."""

    outcome: Outcome
    waiting: int
    members: tuple[str, ...]
    found: bool = False


@dataclass(eq=False)
class Job:
    """A batch on its way to a worker. ``alone``: one case run again to confirm what it did before.

    ``held``: answers to geometries of which some fills are still to come, by number in the stream.
    ``probe``: a known difference's pin, ``ask``: a case to show; neither makes a record. ``spoils``: the worker may
    go on after it with damaged memory, which is then another case's crash.
    """

    op: Op
    items: Sequence[Item]
    alone: bool = False
    earlier: Judgement | None = None
    probe: bool = False
    ask: bool = False
    spoils: bool = False
    group: GroupEnd | None = None
    id: int = field(default_factory=next_id)
    answered: set[int] = field(default_factory=set)
    held: dict[int, list[Answer]] = field(default_factory=dict)

    @cached_property
    def _sizes(self) -> Counter[int]:
        return Counter(item.number for item in self.items)

    def hold(self, item: Item, outcome: Outcome) -> Sequence[Answer]:
        """All answers to a geometry once the last of them is there; none before."""
        held = self.held.setdefault(item.number, [])
        held.append((item, outcome))
        return self.held.pop(item.number) if len(held) == self._sizes[item.number] else ()

    def release(self) -> list[Sequence[Answer]]:
        """What is held of each geometry, of which no more will come."""
        held, self.held = self.held, {}
        return list(held.values())

    def rest(self, without: Sequence[int] = ()) -> list[Item]:
        return [item for i, item in enumerate(self.items) if i not in self.answered and i not in without]
