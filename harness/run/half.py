"""Half of a run: all that runs with the same number of threads."""

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
from opassay.harness.run.pin_steps import pin_steps
from opassay.harness.run.repeat import Repeats


class Half:
    """Shards, and the pins of known differences in ``ops`` and ``aspects`` that can show with these threads.

    Answers to the ops' own pins, or with ``--repeat`` to all cases, must reproduce in a fresh worker. A run of the
    default size runs pins like other cases: restarting every framework would take a quarter of its time.
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
        """The steps of one target."""
        yield from self._twice.steps(lane)
        yield from self._once.shared(lane)
        yield idle(lane)
        # A suite has pins of its own, and a budget is short.
        if self._engine.settings.suite is None and not self._engine.budgeted:
            yield from pin_steps(self._engine, lane, self._ops, self._aspects)

    def help(self, lane: Lane) -> Steps:
        """The steps of a further worker, which takes shards from ``lane``."""
        return self._once.shared(lane)

    def left(self, target: Target) -> Sequence[Shard]:
        """The shards that a further worker could take."""
        return self._once.left(target)
