"""More workers for the target that is behind, while cores have nothing to do."""

from __future__ import annotations

import time
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
forked in less than one, and where it is not, it imports its framework on a core that has nothing else to do."""


WINDOW = 5.0
"""Seconds over which idle cores are counted: longer than a worker takes to start by itself."""

HALF = 0.5
"""What a further worker has at least of a core where as many targets are going as there are cores: those that sleep or
wait need none. TensorFlow's allocator waits twice for ten seconds before it says that memory is at its end."""


class IdleCores:
    """How many of the machine's cores had nothing to do, on average since the last answer, every ``WINDOW`` seconds."""

    def __init__(self) -> None:
        self._last = self._now()

    def _now(self) -> tuple[float, float]:
        return time.monotonic(), float(psutil.cpu_times().idle)

    def __call__(self) -> float:
        """0 between two answers."""
        since, before = self._last
        if time.monotonic() - since < WINDOW:
            return 0.0
        now, idle = self._last = self._now()
        return (idle - before) / (now - since)


class Joining:
    """Decides which further workers start: they take shards of ``half``.

    ``cost``: seconds of a core that shards of one target take about. ``cores``: how many there are; ``idle``: how many
    of them are. A target on another device than the processor has one worker.
    """

    def __init__(
        self,
        engine: Engine,
        half: Half,
        cost: Callable[[Sequence[Shard]], float],
        cores: int,
        idle: Callable[[], float] | None = None,
    ) -> None:
        self._engine, self._half, self._cost, self._cores = engine, half, cost, cores
        self._idle = idle or IdleCores()
        self._workers: Counter[Target] = Counter()
        self._going = 0

    def __call__(self, going: Sequence[Course]) -> Sequence[Course]:
        open_ = [course for course in going if not course.ended]
        if not self._wants(len(open_)) or psutil.virtual_memory().available < LEAST_MEMORY:
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

    def _wants(self, going: int) -> bool:
        """Whether a further worker would have a core."""
        if self._idle() >= HALF:
            return going < 2 * self._cores + len(self._engine.lanes)
        # What is left only becomes less: nothing has changed unless a course ended, or joined.
        return going < self._cores and going != self._going

    def _left(self, target: Target) -> float:
        """Seconds that each worker of ``target`` would have if there were one more."""
        if target.device != "cpu":
            return 0.0
        return self._cost(self._half.left(target)) / (self._workers[target] + 2)
