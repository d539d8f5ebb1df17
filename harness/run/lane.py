"""A lane: one target during a run: its worker process, its queue of jobs, and the job that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import DAMAGED, GREW, Crashed, Outcome, Raised, TimedOut
from opassay.harness.model.target import Target
from opassay.harness.run.greeting import greeting
from opassay.harness.run.job import Answer, GroupEnd, Job
from opassay.harness.run.jobs import Jobs
from opassay.harness.run.machine import pressure
from opassay.harness.run.process import LOST, Message, WorkerProcess, WorkerSpec
from opassay.harness.run.running import Running
from opassay.harness.run.silence import Silence
from opassay.harness.run.wear import Wear
from opassay.harness.worker import wire, words

START_LIMIT = 300.0
RESTARTS = 3
"""Exits in a row without a single answer after which a target is given up."""


Answered = Callable[["Lane", Job, Sequence[Answer]], None]


class Lane:
    """Sends jobs to one target's worker; turns its exit, its timeouts and its memory growth into outcomes.

    ``begin`` starts a worker. ``answered`` is called once per case and job, for all cases of a geometry together unless
    the worker ends between them. ``state``: ``starting``, ``ready``, or why the target was given up. ``settings``: what
    the worker reported, the processor's ``instructions``, and whether it is ``parallel`` (has several threads); empty
    before it answered. ``jobs``: those that wait or are in flight. ``wear``: what its worker has been through.
    ``successor``: the lane that gets its jobs if it is given up. ``misused``: it was given up because of what the user
    asked for.
    """

    def __init__(
        self,
        target: Target,
        label: str,
        spec: WorkerSpec,
        begin: Callable[[WorkerSpec], WorkerProcess],
        timeout: float,
        memory: int,
        answered: Answered,
    ) -> None:
        self.target, self.label = target, label
        self.state = "starting"
        self.misused = False
        self.repeat = False
        self.hello: dict[str, Any] = {}
        self.settings: Mapping[str, str] = {}
        self.rules: tuple[NumericRule, ...] = ()
        self._spec, self._begin, self._answered = spec, begin, answered
        self._timeout = timeout
        self.jobs = Jobs()
        self.wear = Wear(memory)
        self._running = Running()
        self._silence = Silence()
        self._why: Outcome | None = None
        self._fruitless = 0
        self._seen = ""
        self.successor: Lane | None = None
        self.process: WorkerProcess | None = None

    @property
    def version(self) -> str:
        """The framework's version as its worker reported it; empty before."""
        return str(self.hello.get("version", ""))

    @property
    def usable(self) -> bool:
        return self.state in ("starting", "ready")

    @property
    def busy(self) -> bool:
        return self.usable and bool(self.jobs)

    @property
    def asleep(self) -> bool:
        """Whether its worker waits in a case for something other than a core."""
        return self.busy and self._silence.asleep

    @property
    def wants_batch(self) -> bool:
        """Whether it could take another batch now."""
        return self.usable and self.jobs.wants_batch

    def start(self) -> None:
        try:
            self.process = self._begin(self._spec)
        except OSError as error:
            self._give_up(f"its interpreter could not be started: {error.strerror}")
        self._silence.end()
        self._running.begin()
        self.wear.begin()

    @property
    def threads(self) -> int:
        """How many threads its worker computes with."""
        return self._spec.threads

    @property
    def python(self) -> str:
        """The interpreter of its worker."""
        return self._spec.python

    def restart(self, threads: int) -> None:
        """Replace the worker by one with so many threads. No job may be in flight."""
        if self.usable:
            self._spec = replace(self._spec, threads=threads)
            self.close()
            self.state = "starting"
            self.start()

    def forget(self) -> None:
        """Replace the worker and drop every job that was submitted."""
        self.jobs.clear()
        if self.usable:
            self.kill()
            self.state = "starting"
            self.start()

    def renew(self, env: Mapping[str, str]) -> None:
        """Replace the worker by one that imports its framework anew, ``env`` added to its environment.

        No job may be in flight.
        """
        self._spec = replace(self._spec, env={**self._spec.env, **env}, generation=self._spec.generation + 1)
        self.restart(self._spec.threads)

    def dismiss(self) -> None:
        if self.process is not None:
            self.process.dismiss()

    def close(self) -> None:
        if self.process is not None:
            self.process.close()
            self.process = None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process = None

    def submit(self, job: Job, first: bool = False) -> None:
        """Queue a job; ``first`` puts it before those that wait."""
        self.jobs.put_first([job]) if first else self.jobs.append(job)
        self.pump()

    def submit_all(self, jobs: Sequence[Job]) -> None:
        """Queue jobs, in this order, before those that wait."""
        self.jobs.put_first(jobs)
        self.pump()

    def pump(self) -> None:
        """Send as many jobs as the credit allows. A worker runs jobs in order: the first one in flight is running."""
        if self.state != "ready" or self.process is None:
            return
        while (following := self.jobs.next) is not None:
            if self.wear.too_worn_for(following):
                # Memory kept from earlier cases is no case's fault: a fresh worker continues.
                if not self.jobs.sent:
                    self.restart(self._spec.threads)
                return
            if not self.jobs.has_room:
                return
            job = self.jobs.take()
            self.wear.sent(job)
            self.process.send(job.message(self._timeout, self.repeat))
            self._silence.end()

    def handle(self, message: Message) -> None:
        """Handle one event of the current worker; events of an earlier worker are ignored."""
        if message.worker is not self.process:
            return
        self._silence.end()
        if message.header is None:
            self._ended(message.problem)
        else:
            self._listen(message.header, message.buffers)
        self.pump()

    def _listen(self, header: dict[str, Any], buffers: list[bytes]) -> None:
        try:
            words.check(header)
        except wire.WireError as error:
            if self.state == "starting":
                self._give_up(f"its worker does not speak opassay's protocol: {error}")
                return
            self._recover(Crashed("wire", message=f"the worker sent what no worker says: {error}"))
            return
        kind = header["type"]
        if kind == "hello":
            self._greet(header)
        elif kind == "failed":
            self.misused = header["usage"]
            self._give_up(header["why"])
        elif kind == "start":
            self._running.starts(header["positions"])
        elif kind == "outcome":
            self._outcome(header, buffers)
        elif kind == "done":
            self._done(header["batch"])

    def _done(self, batch: int) -> None:
        job = self.jobs.sent.pop(batch, None)
        if job is not None:
            self._release(job)
            self.wear.served()
            self._running.done(job)

    def _greet(self, header: dict[str, Any]) -> None:
        try:
            said = greeting(header, self.target, self.threads)
        except ValueError as error:
            self._give_up(str(error))
            return
        self.hello, self.settings, self.rules = said.header, said.settings, said.rules
        self.state = "ready"

    def lacks(self, op: str) -> bool:
        """Whether the adapter lacks the op, by what its worker last reported."""
        return bool(self.hello) and op not in self.hello["ops"]

    def _outcome(self, header: dict[str, Any], buffers: list[bytes]) -> None:
        job, position = self.jobs.sent.get(header["batch"]), header["position"]
        if job is None or position in job.answered or not 0 <= position < len(job.items):
            return
        self._fruitless = 0
        job.answered.add(position)
        if header["kind"] == "returned" and job.items[position].case.rule:
            job.accepted.append(job.items[position].case)
        self._running.answered(position)
        if answers := job.hold(job.items[position], _outcome_of(header, buffers)):
            self._answered(self, job, answers)

    def _release(self, job: Job) -> None:
        for answers in job.release():
            self._answered(self, job, answers)

    def watch(self, busy: bool = False, away: float = 0.0) -> None:
        """Kill the worker when it exceeds its memory limit or its time limit.

        ``busy``: no core of the machine has been idle lately. ``away``: seconds in which this process did not listen.
        """
        if self.process is None or not self.usable or self._why is not None or self.process.ended:
            # The exit of a worker that is gone is reported by its pipe.
            return
        silent = self._silence.length(away)
        if self.state == "starting":
            if silent > START_LIMIT:
                self._give_up(f"its worker did not start within {START_LIMIT:g} s")
            return
        if not self.jobs.sent:
            return
        memory = self.process.memory()
        self._seen = f"worker of {memory / 2**30:.1f} GiB, {pressure()}"
        job = self.jobs.running
        if self.wear.exceeds(memory, job.items[0].case.op):
            message = f"the worker grew beyond {self.wear.limit / 2**30:.1f} GiB"
            self._kill_for(Crashed(GREW, message=message, machine=self._seen))
            return
        self._silence.look(self.process, memory)
        limit = job.limit(self._timeout) * (len(self._running.positions) or len(job.rest()) or 1)
        if silent > limit and not (
            busy and self._silence.excused(self.process, silent, limit, memory, self.wear.limit)
        ):
            self._kill_for(TimedOut(limit))

    def _kill_for(self, why: Outcome) -> None:
        """Kill the worker. The outcome is attributed to a case once all its messages have been read."""
        assert self.process is not None
        self._why = why
        self.process.kill()

    def _ended(self, problem: str) -> None:
        assert self.process is not None
        if self._why is not None:
            self._recover(self._why)
            return
        how = self.process.how_it_ended()
        # After garbage on the wire, the exit status is only the worker's reaction to the closed pipe. A worker that was
        # killed while it wrote leaves half a message.
        how = "wire" if problem and not how.startswith("SIG") else how
        words = self.process.last_words()
        if self.state == "starting":
            self._fruitless += 1
            if self._fruitless >= RESTARTS:
                self._give_up(f"its worker ended while starting ({how}): {words[-500:]}")
            else:
                self.start()
            return
        why = words.rpartition("\n")[2] if how == LOST else problem
        detail = f"the worker ended: {how}" + (f" ({why})" if why else "")
        self._recover(Crashed(how, message=detail, machine=self._seen or pressure()))

    def _give_up(self, why: str) -> None:
        self.state = why
        for job in self.jobs.sent.values():
            self._release(job)
        if self.successor is not None:
            self.successor.submit_all(self.jobs.unanswered())
        self.jobs.clear()
        self.kill()

    def _recover(self, outcome: Outcome) -> None:
        """The worker is gone: attribute the outcome to what was running, and send the rest to a fresh worker."""
        self.kill()
        self.state = "starting"
        self._fruitless += 1
        by_us, self._why = self._why is not None, None
        lost = self.jobs.take_sent()
        for job in lost:
            self._release(job)
        if self._fruitless > RESTARTS:
            self._give_up(f"its worker ended {RESTARTS} times in a row without an answer: {outcome}")
            return
        for job in reversed(lost[1:]):
            self.jobs.put_back(job, job.rest())
        if lost:
            self._attribute(lost[0], self._running.ended(lost[0], by_us), outcome)
        self.start()

    def _attribute(self, job: Job, positions: list[int], outcome: Outcome) -> None:
        if job.kind.whole:
            self._fruitless = 0
            self._answered(self, job, [(item, outcome) for item in job.rest()])
            return
        trail = self._running.trail(job, positions)
        if len(positions) == 1 and isinstance(outcome, Crashed) and outcome.signal in DAMAGED:
            self.jobs.suspect([job.items[positions[0]].case])
        self.jobs.put_back(job, job.rest(without=positions))
        if not positions:
            return
        if len(positions) == 1:
            self._fruitless = 0
            self._answered(self, replace(job, trail=trail), [(job.items[positions[0]], outcome)])
            return
        kind = job.kind.in_group(GroupEnd(outcome, len(positions), trail))
        patient = isinstance(outcome, TimedOut)
        self.jobs.put_first([job.again(job.items[position], kind, patient=patient) for position in positions])


def _outcome_of(header: dict[str, Any], buffers: list[bytes]) -> Outcome:
    try:
        return wire.unpack(header, buffers)
    except wire.WireError as error:
        return Raised("WireError", str(error), "harness")
