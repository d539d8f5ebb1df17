"""More workers for the target that is behind, while fewer targets are going than the machine has cores."""

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
"""Seconds of a core that must be left to each worker of a target, so that another one does more than start: it is
forked in less than one, and where it is not, it imports its framework on a core that has nothing else to do. Who is
behind may sleep: TensorFlow's allocator waits twice for ten seconds before it says that memory is at its end."""


class Joining:
    """Decides which further workers start: they take shards of ``half``.

    ``cost``: seconds of a core that shards of one target take about. ``cores``: how many there are. A target on
    another device than the processor has one worker.
    """

    def __init__(self, engine: Engine, half: Half, cost: Callable[[Sequence[Shard]], float], cores: int) -> None:
        self._engine, self._half, self._cost, self._cores = engine, half, cost, cores
        self._workers: Counter[Target] = Counter()
        self._going = 0

    def __call__(self, going: Sequence[Course]) -> Sequence[Course]:
        open_ = [course for course in going if not course.ended]
        # What is left only becomes less: nothing has changed unless a course ended, or joined.
        if len(open_) >= self._cores or len(open_) == self._going or psutil.virtual_memory().available < LEAST_MEMORY:
            return ()
        self._going = len(open_)
        behind = max(open_, key=lambda course: self._left(course.lane.target), default=None)
        if behind is None or self._left(behind.lane.target) < WORTH:
            return ()
        first = self._engine.lanes[behind.lane.target]
        second = self._engine.second_lane(first)
        if second is None:
            return ()
        self._workers[first.target] += 1
        return [Course(second, self._half.help(first))]

    def _left(self, target: Target) -> float:
        """Seconds that each worker of ``target`` would have if there were one more."""
        if target.device != "cpu":
            return 0.0
        return self._cost(self._half.left(target)) / (self._workers[target] + 2)
