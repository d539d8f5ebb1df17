"""A course: the jobs that one target gets during a run, in order, and what it waits for in between.

Each target advances independently, so a slow one delays no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from opassay.harness.run.job import Job
from opassay.harness.run.lane import Lane

Step = Job | Callable[[], bool]
"""A job for the target's worker, or what must be true before the next step."""

Steps = Iterator[Step]


def idle(lane: Lane) -> Callable[[], bool]:
    """True once every job submitted to ``lane`` has its answer."""
    return lambda: not lane.busy


def ready(lane: Lane) -> Callable[[], bool]:
    """True once the worker of ``lane`` has started."""
    return lambda: lane.state == "ready"


class Course:
    """Takes the steps of ``lane`` as far as it can go; a target that is given up ends where it is."""

    def __init__(self, lane: Lane, steps: Steps) -> None:
        self.lane, self._steps = lane, steps
        self._condition: Callable[[], bool] | None = None
        self.ended = False

    def advance(self) -> None:
        """Submit as many jobs as the lane has room for."""
        while not self.ended and self._may_go_on():
            step = next(self._steps, None)
            if step is None:
                self.ended = True
            elif isinstance(step, Job):
                self.lane.submit(step)
            else:
                self._condition = step

    def _may_go_on(self) -> bool:
        if not self.lane.usable:
            self._steps.close()  # type: ignore[attr-defined]
            self.ended = True
            return False
        if self._condition is not None and not self._condition():
            return False
        waited, self._condition = self._condition is not None, None
        return waited or self.lane.wants_batch
