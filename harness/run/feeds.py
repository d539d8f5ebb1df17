"""The batches of a run, generated once and handed to every lane at its own rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import BATCH_GEOMETRIES, Batch, Item, Shard, cuts
from opassay.harness.run.job import Job
from opassay.harness.run.kinds import Planned
from opassay.harness.run.lane import Lane

WINDOW = 256
"""Batches that are kept for slower targets; older ones are generated again."""

Making = Callable[[Op, str, int, int], Batch]
"""Makes the batch of a slice of an op and aspect; deterministic."""

Caring = Callable[[Lane, Case], Mapping[str, Any]]
"""The fields of ``Job`` to set for a case. A case with any of them gets a job of its own."""

Key = tuple[str, int, str]
"""Identifies an answered question: target label, number in the stream, case id."""


class Feeds:
    """Hands every lane the same batches of ``shards``, made by ``make``; questions in ``done`` are left out.

    ``care``: options for cases that may corrupt memory or hang. Without ``pins`` the slices that start at 0 have none.
    ``refuses``: whether a shard must not start any more, because time is up. Small batches of several ops are sent as
    one: a program of few cases compiles hardly faster than one of many.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        make: Making,
        care: Caring,
        done: frozenset[Key] = frozenset(),
        pins: bool = True,
        refuses: Callable[[Shard], bool] = lambda shard: False,
    ) -> None:
        self._wanted = {(s.op.name, s.aspect, s.start, s.stop, s.target): s for s in shards}
        self._refuses = refuses
        slices = {(s.op.name, s.aspect, s.start, s.stop): s for s in shards}
        self._slices = list(slices.values())
        self._make, self._care, self._done, self._pins = make, care, done, pins
        self._takers = len({s.target for s in shards})
        self._begun: set[int] = set()
        self._shared: dict[Target, Iterator[Job]] = {}
        self._made: OrderedDict[tuple[str, str, int, int], tuple[Batch, int]] = OrderedDict()

    def jobs(self, lane: Lane) -> Iterator[Job]:
        """The jobs of ``lane``, in the order of the shards."""
        return joined(self._single(lane))

    def shared(self, lane: Lane) -> Iterator[Job]:
        """The same jobs for several workers of one target: each job goes to one of them."""
        jobs = self._shared.setdefault(lane.target, self.jobs(lane))
        while (job := next(jobs, None)) is not None:
            yield job

    def left(self, target: Target) -> Sequence[Shard]:
        """The shards that ``target`` has not begun."""
        return [shard for shard in self._wanted.values() if shard.target == target and id(shard) not in self._begun]

    def _single(self, lane: Lane) -> Iterator[Job]:
        for shard in self._slices:
            own = self._wanted.get((shard.op.name, shard.aspect, shard.start, shard.stop, lane.target))
            self._begun.add(id(own))
            if own is not None and not lane.lacks(shard.op.name) and not self._refuses(own):
                for start, stop in cuts(shard.start, shard.stop):
                    if stop or self._pins:
                        yield from self._jobs(lane, self._batch(shard, start, stop))

    def _batch(self, shard: Shard, start: int, stop: int) -> Batch:
        """Kept until every target has taken it; the oldest batches are dropped when there are too many."""
        key = shard.op.name, shard.aspect, start, stop
        batch, waiting = self._made.pop(key, (None, self._takers))
        batch = batch or self._make(shard.op, shard.aspect, start, stop)
        if waiting > 1:
            self._made[key] = batch, waiting - 1
        if len(self._made) > WINDOW:
            self._made.popitem(last=False)
        return batch

    def _jobs(self, lane: Lane, batch: Batch) -> Iterator[Job]:
        """The batch, and a job of its own for each case that needs care."""
        together: list[Item] = []
        alone: list[Job] = []
        for item in batch.items:
            if (lane.label, item.number, item.case.id) not in self._done:
                care = self._care(lane, item.case)
                if any(care.values()):
                    alone.append(Job(batch.op, [item], Planned(), **care))
                else:
                    together.append(item)
        if together:
            yield Job(batch.op, together, Planned())
        yield from alone


def joined(jobs: Iterable[Job]) -> Iterator[Job]:
    """The same cases in fewer jobs, of at least ``BATCH_GEOMETRIES`` cases; a case that needs care stays alone."""
    waiting: list[Job] = []
    for job in jobs:
        if job.spoils or job.brief:
            yield job
            continue
        waiting.append(job)
        if sum(len(one.items) for one in waiting) >= BATCH_GEOMETRIES:
            yield _one(waiting)
            waiting = []
    if waiting:
        yield _one(waiting)


def _one(jobs: Sequence[Job]) -> Job:
    first, *rest = jobs
    return replace(first, items=[item for job in jobs for item in job.items], others=[job.op for job in rest])
