"""What a worker runs now, and what it ran last: its end is attributed to that."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.harness.run.job import Job, Trail


class Running:
    """``positions``: the cases, in the first job in flight, that the worker said it runs now."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self._last: Job | None = None

    def begin(self) -> None:
        """A fresh worker has run nothing."""
        self.positions, self._last = [], None

    def starts(self, positions: Sequence[int]) -> None:
        """The worker is about to run the cases at ``positions``."""
        self.positions = list(positions)

    def answered(self, position: int) -> None:
        """One of them has its answer."""
        self.positions = [p for p in self.positions if p != position]

    def done(self, job: Job) -> None:
        """All of ``job`` has its answers."""
        self._last = job

    def ended(self, job: Job, by_us: bool) -> list[int]:
        """The cases of ``job`` to which the worker's end is attributed; ``by_us``: it was killed by its lane.

        Those that ran; if none did, any that waits may be the cause, unless the worker was killed between two cases.
        """
        waiting = [i for i in range(len(job.items)) if i not in job.answered]
        running = [i for i in self.positions if i in waiting]
        return running if running or by_us else waiting

    def trail(self, job: Job, positions: Sequence[int]) -> Trail:
        """The last cases that the worker received before it ended in ``positions`` of ``job``."""
        own = [item for i, item in enumerate(job.items) if i in job.answered or i in positions]
        last = [self._last.given(self._last.items)] if self._last is not None else []
        return [*last, job.given(own)]
