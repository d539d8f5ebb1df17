"""The engine: all lanes at once, every answer judged, every failing case confirmed alone."""

from __future__ import annotations

import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import psutil

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case
from opassay.harness.model.choice import Follows
from opassay.harness.model.fact import Fact
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome
from opassay.harness.model.target import Target
from opassay.harness.model.verdicts import Record
from opassay.harness.plan.plan import Batch, Item, Settings, Shard, make_batch
from opassay.harness.run.course import Course, Steps, ready
from opassay.harness.run.feeds import Feeds, Key
from opassay.harness.run.fork_server import Starts
from opassay.harness.run.job import Answer, Job
from opassay.harness.run.judging import Judging
from opassay.harness.run.kinds import Asked, Question
from opassay.harness.run.knowledge import Knowledge
from opassay.harness.run.lane import Lane
from opassay.harness.run.pins import Pins
from opassay.harness.run.process import Message, WorkerSpec
from opassay.harness.run.records import make_record
from opassay.harness.run.retries import Ends

WATCH = 0.2
"""Seconds between two checks of the workers' silence and memory."""

BUSY = 90.0
"""Load of all cores, in per cent, above which the machine may be the reason for a worker's silence."""


class Engine:
    """Runs shards on their targets; workers live as long as the engine.

    Use as a context manager: leaving it ends every worker. ``keep`` is called with every recorded answer, ``heard``
    with every answer and its job. ``refuses``: whether a shard must not start any more; ``budgeted``: whether that can
    happen. ``known``: the known differences of the targets; ``ends``: worker exits that did not reproduce;
    ``held``: by target, how many answers there are of cases that are asked twice.
    """

    def __init__(
        self,
        workers: Mapping[Target, tuple[str, WorkerSpec]],
        settings: Settings,
        facts: Mapping[str, Sequence[Fact]] | None = None,
        follows: Mapping[str, Sequence[Follows]] | None = None,
    ) -> None:
        self.settings = settings
        self._events: queue.Queue[Message] = queue.Queue()
        self._starts = Starts(self._events)
        self._records: deque[Record] = deque()
        self.judging = Judging(follows)
        self._facts = facts or {}
        self.anew()
        self._watched = time.monotonic()
        self.refuses: Callable[[Shard], bool] = lambda shard: False
        self.budgeted = False
        self.heard: Callable[[Lane, Job, Sequence[Answer]], None] = lambda lane, job, answers: None
        self._workers = dict(workers)
        self.lanes = {target: self.lane(target, label, spec) for target, (label, spec) in workers.items()}
        self._further: list[Lane] = []
        for lane in self.lanes.values():
            lane.repeat = settings.repeat

    @property
    def all_lanes(self) -> list[Lane]:
        """``lanes``, and the second lanes of targets that were behind."""
        return [*self.lanes.values(), *self._further]

    def second_lane(self, lane: Lane) -> Lane | None:
        """A second lane of the same target. It takes over the jobs of ``lane`` if that is given up."""
        label, spec = self._workers[lane.target]
        second = self.lane(lane.target, label, spec)
        second.successor = lane
        self._further.append(second)
        second.start()
        return second

    def lane(self, target: Target, label: str, spec: WorkerSpec) -> Lane:
        """The lane of one target."""
        settings = self.settings
        return Lane(target, label, spec, self._starts.worker, settings.timeout, settings.memory, self._answered)

    def anew(self) -> None:
        """Reset all counts; the workers keep running."""
        self.known = Knowledge(self._facts, self.judging)
        self.pins: Pins = {}
        self.ends = Ends()
        self.held: Counter[str] = Counter()
        self.keep: Callable[[str, Case, Outcome], None] = lambda label, case, outcome: None

    def __enter__(self) -> Engine:
        for lane in self.lanes.values():
            lane.start()
        return self

    def __exit__(self, *error: object) -> None:
        for lane in self.all_lanes:
            # All end at the same time, while this waits for the first.
            lane.kill() if error[0] else lane.dismiss()
        for lane in self.all_lanes:
            lane.close()
        self._starts.close()

    def stop(self) -> None:
        """Kill every worker; the engine cannot be used any more."""
        for lane in self.all_lanes:
            lane.kill()
        self._starts.close()

    def starting(self) -> list[str]:
        """The labels of targets whose workers have not started yet."""
        return [lane.label for lane in self.lanes.values() if lane.state == "starting"]

    def wait_ready(self, idle: Callable[[], None] = lambda: None) -> None:
        """Return when every worker has started or failed to."""
        while self.starting():
            self._step(idle)

    def run(self, shards: Sequence[Shard], done: frozenset[Key] = frozenset()) -> Iterator[Record]:
        """Records of all shards as they become known, in no fixed order; ``done`` is left out."""
        feeds = self.feeds(shards, done)
        return self.follow({target: feeds.jobs(lane) for target, lane in self.lanes.items()})

    def feeds(self, shards: Sequence[Shard], done: frozenset[Key] = frozenset(), pins: bool = True) -> Feeds:
        """The batches of ``shards``, for all lanes."""
        return Feeds(shards, self.make_batch, self.care, done, pins, self.refuses)

    def make_batch(self, op: Op, aspect: str, start: int, stop: int) -> Batch:
        """The batch of this slice, the same for every target."""
        return make_batch(op, aspect, start, stop, self.settings)

    def follow(
        self,
        courses: Mapping[Target, Steps],
        joining: Callable[[Sequence[Course]], Sequence[Course]] = lambda going: (),
    ) -> Iterator[Record]:
        """Records as they become known, until the course of every target has ended.

        ``joining``: returns the courses that join those that are running.
        """
        going = [Course(self.lanes[target], steps) for target, steps in courses.items()]
        while True:
            for course in going:
                course.advance()
            yield from self._made()
            if all(course.ended for course in going) and not any(lane.busy for lane in self.all_lanes):
                # The hunt that follows needs one worker of each target, and the memory of the others.
                for lane in self._further:
                    lane.kill()
                return
            going += joining(going)
            self._step()

    def _made(self) -> Iterator[Record]:
        while self._records:
            yield self._records.popleft()

    def use_threads(self, count: int, labels: Collection[str] | None = None) -> None:
        """Restart every worker, or those of ``labels``, with so many threads, and wait until they answer."""
        for lane in self.lanes.values():
            if labels is None or lane.label in labels:
                lane.restart(count)
        self.wait_ready()
        self.known.forget([lane.label for lane in self.lanes.values()])

    def threads_steps(self, lane: Lane, count: int) -> Steps:
        """The steps by which ``lane`` restarts with so many threads. Other known differences concern it then."""
        lane.restart(count)
        yield ready(lane)
        self.known.forget([lane.label])

    def ask(self, op: Op, item: Item) -> list[Asked]:
        """Run one case alone on every usable lane; label, outcome and judgement in the order of lanes."""
        question = Question()
        for lane in self.lanes.values():
            if lane.usable:
                lane.submit(Job(op, [item], question, alone=True, spoils=self.spoils(lane, item.case)))
        self._until_idle()
        order = [lane.label for lane in self.lanes.values()]
        return sorted(question.told, key=lambda told: order.index(told[0]))

    def _until_idle(self) -> None:
        while any(lane.busy for lane in self.lanes.values()):
            self._step()

    def reset(self) -> None:
        """Replace all workers and drop every job in flight."""
        for lane in self.lanes.values():
            lane.forget()
        self._records.clear()
        self.wait_ready()

    def _step(self, idle: Callable[[], None] = lambda: None) -> None:
        try:
            message = self._events.get(timeout=WATCH)
        except queue.Empty:
            idle()
        else:
            for lane in self.all_lanes:
                lane.handle(message)
        # Reading a worker's memory costs as much as judging a case.
        since = time.monotonic() - self._watched
        if since >= WATCH:
            self._watched += since
            busy = psutil.cpu_percent() > BUSY
            for lane in self.all_lanes:
                # Without messages, a step takes at most WATCH.
                lane.watch(busy, away=max(0.0, since - 2 * WATCH))

    def _answered(self, lane: Lane, job: Job, answers: Sequence[Answer]) -> None:
        """Handle the answers to one geometry: all of them, or those that came before the worker ended."""
        self.heard(lane, job, answers)
        job.kind.answered(self, lane, job, answers)

    def judged(self, lane: Lane, job: Job, answers: Sequence[Answer]) -> Iterator[tuple[Item, Outcome, Judgement]]:
        """The answers to one geometry, each with its verdict."""
        told = [(item.case, outcome) for item, outcome in answers]
        judgements = self.judging.judge_all(lane, job.op_of(answers[0][0].case), told, self._targets) if told else []
        for (item, outcome), judgement in zip(answers, judgements, strict=True):
            yield item, outcome, judgement

    @property
    def _targets(self) -> int:
        return sum(lane.usable for lane in self.lanes.values())

    def unconfirmed(self, lane: Lane, job: Job) -> None:
        """A case was to run again, and its target was given up first."""
        job.kind.unconfirmed(self, lane, job)

    def care(self, lane: Lane, case: Case) -> dict[str, Any]:
        """Options for the job of a case: a known hang gets a short time limit."""
        return {"spoils": self.spoils(lane, case), "brief": bool(self.known.foretold(lane, case, "hang"))}

    def spoils(self, lane: Lane, case: Case) -> bool:
        """Whether a case is known to crash a worker. If it does not crash, it may still have corrupted memory."""
        return lane.jobs.corrupting(case) or bool(self.known.foretold(lane, case, "crash"))

    def record(self, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement, confirmed: str) -> None:
        """Record a final judgement, in the table or with the job's ``taker``."""
        self.keep(lane.label, item.case, outcome)
        op = job.op_of(item.case)
        facts = self.known.covering(lane, op, item.case, outcome, judgement)
        found = self.known.cause(lane, op, item.case, outcome, judgement.verdict, facts)
        judgement = replace(judgement, cause=found) if found else judgement
        if job.kind.taker is not None:
            job.kind.taker(lane, item, outcome, judgement, confirmed, facts)
        else:
            self.conclude(lane, item, outcome, judgement, confirmed, facts)

    def conclude(
        self, lane: Lane, item: Item, outcome: Outcome, judgement: Judgement, confirmed: str, facts: Sequence[Fact]
    ) -> None:
        """Make the record of a final judgement, and count it for the ``facts`` that cover it."""
        self.known.count(lane, item.case, judgement.verdict, [fact.id for fact in facts])
        untested = self.known.untested(lane, judgement.verdict, facts)
        self._records.append(make_record(lane, item, outcome, judgement, facts, untested, confirmed))
