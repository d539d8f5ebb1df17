"""Feeds: the batches of a run, generated once and handed to every lane at its own pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.model.case import Case
from harness.model.target import Target
from harness.run.job import Job
from harness.run.lane import Lane
from harness.run.plan import Batch, Item, Settings, Shard, batches

WINDOW = 32
"""Batches that the fastest target may be ahead of the slowest."""

Slice = tuple[str, str, int, int]
"""Op, aspect, and from which number to which one of the stream."""

Key = tuple[str, int, str]
"""Which question was answered: target label, number in the stream, case id."""


class Feeds:
    """Hands every lane the same batches, generated once, at each lane's own pace."""

    def __init__(
        self,
        shards: Sequence[Shard],
        settings: Settings,
        done: frozenset[Key],
        lanes: Mapping[Target, Lane],
        spoils: Callable[[Lane, Case], bool],
    ) -> None:
        self._wanted = {(s.op.name, s.aspect, s.start, s.stop, s.target) for s in shards}
        slices = {(s.op.name, s.aspect, s.start, s.stop): s for s in shards}
        self._source = ((k, batch) for k, s in slices.items() for batch in batches(s.op, *k[1:], settings))
        self._done, self._lanes, self._spoils = done, lanes, spoils
        self._made: deque[tuple[Slice, Batch]] = deque()
        self._dropped = 0
        self._exhausted = False
        self._next = dict.fromkeys(lanes, 0)

    @property
    def finished(self) -> bool:
        end, waiting = self._dropped + len(self._made), [t for t, lane in self._lanes.items() if lane.usable]
        return not waiting or (self._exhausted and all(self._next[target] >= end for target in waiting))

    def feed(self) -> None:
        for target, lane in self._lanes.items():
            while lane.hungry and (batch := self._take(target)) is not None:
                for job in self._jobs(target, lane, *batch):
                    lane.submit(job)
        self._drop()

    def _take(self, target: Target) -> tuple[Slice, Batch] | None:
        position = self._next[target] - self._dropped
        if position == len(self._made) and not self._extend():
            return None
        self._next[target] += 1
        return self._made[position]

    def _extend(self) -> bool:
        if self._exhausted or len(self._made) >= WINDOW:
            return False
        batch = next(self._source, None)
        if batch is None:
            self._exhausted = True
            return False
        self._made.append(batch)
        return True

    def _drop(self) -> None:
        positions = [self._next[t] for t, lane in self._lanes.items() if lane.usable]
        while self._made and positions and min(positions) > self._dropped:
            self._made.popleft()
            self._dropped += 1

    def _jobs(self, target: Target, lane: Lane, part: Slice, batch: Batch) -> Iterator[Job]:
        """What is asked of one lane: the batch, and by itself each case that may spoil the worker for the others."""
        if (*part, target) not in self._wanted:
            return
        if lane.lacks(batch.op.name):
            return
        together: list[Item] = []
        alone: list[Item] = []
        for item in batch.items:
            if (lane.label, item.number, item.case.id) not in self._done:
                (alone if self._spoils(lane, item.case) else together).append(item)
        if together:
            yield Job(batch.op, together)
        for item in alone:
            yield Job(batch.op, [item], spoils=True)
