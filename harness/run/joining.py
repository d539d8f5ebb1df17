"""Further workers for the target that is behind, when fewer targets run than the machine has cores, and for one whose
worker sleeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import psutil

from opassay.harness.model.target import Target
from opassay.harness.plan.plan import Shard
from opassay.harness.run.course import Course
from opassay.harness.run.engine import Engine
from opassay.harness.run.half import Half
from opassay.harness.run.machine import LEAST_MEMORY

WORTH = 2.0
"""Core-seconds that must remain for each worker of a target before another joins: enough to do more than start.

A forked worker starts in less than a second; one that imports its framework does so on an idle core.
"""


class Joining:
    """Decides which further workers start. They take shards of ``half``.

    A worker that sleeps takes no core: TensorFlow's allocator waits twice for ten seconds before it reports that memory
    is exhausted. One more goes on meanwhile.

    ``cost``: estimated core-seconds of shards of one target. ``cores``: those of the machine. A target on another
    device than the CPU has one worker.
    """

    def __init__(self, engine: Engine, half: Half, cost: Callable[[Sequence[Shard]], float], cores: int) -> None:
        self._engine, self._half, self._cost, self._cores = engine, half, cost, cores
        self._workers: Counter[Target] = Counter()
        self._going = 0

    def __call__(self, going: Sequence[Course]) -> Sequence[Course]:
        open_ = [course for course in going if not course.ended]
        asleep = [c for c in open_ if c.lane.asleep and not self._workers[c.lane.target]]
        # The remaining work only shrinks: nothing has changed unless a course ended, joined or fell asleep.
        if not asleep and (len(open_) >= self._cores or len(open_) == self._going):
            return ()
        if psutil.virtual_memory().available < LEAST_MEMORY:
            return ()
        self._going = len(open_)
        behind = max(asleep or open_, key=lambda course: self._left(course.lane.target), default=None)
        if behind is None or self._left(behind.lane.target) < WORTH:
            return ()
        first = self._engine.lanes[behind.lane.target]
        second = self._engine.second_lane(first)
        if second is None:
            return ()
        self._workers[first.target] += 1
        return [Course(second, self._half.help(first))]

    def _left(self, target: Target) -> float:
        """Seconds that each worker of ``target`` would have if one more joined."""
        if target.device != "cpu":
            return 0.0
        return self._cost(self._half.left(target)) / (self._workers[target] + 2)
