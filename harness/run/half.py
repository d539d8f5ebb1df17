"""Half of a run: what every target answers with the same number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from opassay.harness.model.op import Op
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import Shard
from opassay.harness.run.course import Steps, idle
from opassay.harness.run.engine import Engine
from opassay.harness.run.feeds import Key
from opassay.harness.run.lane import Lane
from opassay.harness.run.repeat import Repeats


class Half:
    """Shards, and the pinned cases of known differences in ``ops`` and ``aspects`` that show with these threads.

    Of the shards' own pins, or of all their cases where that is asked for, only what a fresh worker repeats is
    believed. Where nobody said how much to ask, pins are asked as the other cases are: starting every framework once
    more takes as long as a quarter of what such a run asks.
    """

    def __init__(
        self, engine: Engine, planned: Sequence[Shard], ops: Sequence[Op], aspects: Sequence[str], done: frozenset[Key]
    ) -> None:
        self.there = bool(planned)
        self._engine, self._ops, self._aspects = engine, ops, aspects
        repeat, stated = engine.settings.repeat, engine.settings.cases is not None
        pins = [replace(s, stop=0) for s in planned if not s.start] if stated else []
        self._twice = Repeats(engine, planned if repeat else pins, poison=repeat, done=done)
        self._once = engine.feeds([] if repeat else planned, done, pins=not stated)

    def steps(self, lane: Lane) -> Steps:
        """What one target is asked."""
        yield from self._twice.steps(lane)
        yield from self._once.shared(lane)
        yield idle(lane)
        # A suite has pins of its own, and what has a budget is to be done soon.
        if self._engine.settings.suite is None and not self._engine.budgeted:
            yield from self._engine.pin_steps(lane, self._ops, self._aspects)

    def help(self, lane: Lane) -> Steps:
        """What another worker of the target of ``lane`` takes off it."""
        return self._once.shared(lane)

    def left(self, target: Target) -> Sequence[Shard]:
        """The shards of which a further worker could take some."""
        return self._once.left(target)
