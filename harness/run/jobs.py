"""The jobs of one lane: those that wait, and those that its worker was sent and has not answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from opassay.harness.model.case import Case
from opassay.harness.plan.plan import Item
from opassay.harness.run.job import Job, Kind

CREDIT = 2
"""Batches in flight per worker, so that it never waits for the parent."""


class Jobs:
    """A queue, and ``sent``: the jobs in flight by id, in the order in which the worker runs them.

    A rule is *corrupting* once a case that breaks it has damaged a worker's memory: such cases run alone from then on.
    """

    def __init__(self) -> None:
        self.sent: dict[int, Job] = {}
        self._waiting: deque[Job] = deque()
        self._corrupting: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self._waiting) + len(self.sent)

    @property
    def wants_batch(self) -> bool:
        """Whether another batch could be queued now."""
        return len(self) < CREDIT

    @property
    def next(self) -> Job | None:
        """The job that is sent next."""
        return self._waiting[0] if self._waiting else None

    @property
    def running(self) -> Job:
        """The job that the worker runs: the first in flight."""
        return next(iter(self.sent.values()))

    @property
    def has_room(self) -> bool:
        """Whether another job may be sent ahead. Nothing follows a job that diagnoses how a worker ended."""
        return len(self.sent) < CREDIT and not any(job.kind.urgent for job in self.sent.values())

    def append(self, job: Job) -> None:
        self._waiting.append(job)

    def put_first(self, jobs: Sequence[Job]) -> None:
        """Queue jobs, in this order, before those that wait."""
        self._waiting.extendleft(reversed(jobs))

    def put_back(self, job: Job, items: Sequence[Item]) -> None:
        """Queue ``items`` of ``job`` once more, before those that wait."""
        if items:
            self._waiting.appendleft(job.anew(items))

    def take(self) -> Job:
        """The next job, now in flight; cases of it that may damage the worker's memory become jobs of their own."""
        self._split()
        job = self._waiting.popleft()
        self.sent[job.id] = job
        return job

    def pop(self) -> Job:
        """The next job as it is, for a lane that sends nothing."""
        return self._waiting.popleft()

    def drop(self, kind: Kind) -> None:
        """Drop the jobs of this very question that wait."""
        self._waiting = deque(job for job in self._waiting if job.kind is not kind)

    def take_sent(self) -> list[Job]:
        """The jobs in flight, which are removed."""
        sent, self.sent = list(self.sent.values()), {}
        return sent

    def unanswered(self) -> list[Job]:
        """New jobs of all cases that have no answer yet."""
        return [job.anew(job.rest()) for job in (*self.sent.values(), *self._waiting) if job.rest()]

    def clear(self) -> None:
        self._waiting.clear()
        self.sent.clear()

    def corrupting(self, case: Case) -> bool:
        """Whether a case that breaks the same rule has damaged a worker's memory, so that this one may."""
        return bool(case.rule) and (case.op, case.rule) in self._corrupting

    def suspect(self, cases: Iterable[Case]) -> None:
        """From now on replace the worker after every case that breaks the same rule as one of ``cases``."""
        self._corrupting |= {(case.op, case.rule) for case in cases}

    def acquit(self, case: Case) -> None:
        """The case does not end a worker when it runs alone: undo ``suspect``."""
        self._corrupting.discard((case.op, case.rule))

    def _split(self) -> None:
        """Split the next job: one for each case that may damage the worker's memory, one for the rest."""
        job = self._waiting.popleft()
        together = not (job.alone or job.spoils or job.kind.whole)
        apart = [item for item in job.items if together and self.corrupting(item.case)]
        rest = [item for item in job.items if item not in apart]
        self._waiting.extendleft(job.again(item, alone=False, spoils=True) for item in reversed(apart))
        if rest:
            self._waiting.appendleft(job.anew(rest) if apart else job)
