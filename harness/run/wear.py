"""Wear of one worker: what it has run and how much memory it kept, which decides when a fresh one replaces it."""

from __future__ import annotations

from opassay.harness.run.growth import Growth
from opassay.harness.run.job import Job

GROWN = 0.5
"""Share of the memory between a worker's first batch and its limit. Beyond it the worker is replaced between two
batches: caches grow without a fault. What its framework takes at its start does not count."""

SERVICE = 2000
"""Batches after which a worker is replaced in any case: a leak of the framework need not show as memory."""


class Wear:
    """Wear of the worker that runs now; ``limit`` is the most bytes that it may take.

    ``worn``: it is replaced before its next job. ``growth``: memory growth of all workers of the lane.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.growth = Growth()
        self.begin()

    def begin(self) -> None:
        """A fresh worker starts."""
        self.worn = self._used = False
        self._served = 0
        self._first: int | None = None
        self.growth.begin()

    def sent(self, job: Job) -> None:
        """The worker was sent a job."""
        self._used = True
        self.worn |= job.spoils

    def served(self) -> None:
        """The worker has answered a job."""
        self._served += 1
        self.worn |= self._served >= SERVICE

    def too_worn_for(self, job: Job) -> bool:
        """Whether ``job`` needs a fresh worker."""
        return self.worn or (job.fresh and self._used)

    def exceeds(self, memory: int, op: str) -> bool:
        """Whether ``memory``, the worker's bytes while it computes ``op``, is beyond the limit."""
        if self._served and self._first is None:
            self._first = memory
        self.growth.seen(memory, op)
        if self._first is not None and memory - self._first > (self.limit - self._first) * GROWN:
            self.worn = True
            self.growth.replaced()
        if memory > self.limit:
            self.growth.replaced()
        return memory > self.limit
