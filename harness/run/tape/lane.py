"""A lane that answers from a tape, and the engine for such lanes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opassay.harness.model.choice import Follows
from opassay.harness.model.fact import Fact
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Crashed, TimedOut
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import Batch, Item, Settings
from opassay.harness.run.engine import Engine
from opassay.harness.run.job import Answer, GroupEnd, Job
from opassay.harness.run.kinds import Compared
from opassay.harness.run.lane import Answered, Lane
from opassay.harness.run.process import WorkerProcess, WorkerSpec
from opassay.harness.run.tape.answers import Answers, Spoken
from opassay.harness.run.tape.tape import Hello


class TapedLane(Lane):
    """Answers from a tape in place of a worker; ``unconfirmed`` is called with what the tape cannot confirm."""

    def __init__(
        self,
        answers: Answers,
        settings: Settings,
        spec: WorkerSpec,
        begin: Callable[[WorkerSpec], WorkerProcess],
        answered: Answered,
        unconfirmed: Callable[[Lane, Job], None],
    ) -> None:
        tape = answers.tape
        super().__init__(tape.target, tape.label, spec, begin, settings.timeout, settings.memory, answered)
        self._answers, self._unconfirmed, self._parallel = answers, unconfirmed, False

    def start(self) -> None:
        """Take the hello of the recorded worker, if it ever started."""
        hello = self._answers.tape.hellos.get(self.threads > 1)
        if hello is not None:
            self._greet(hello.header)
            self.settings, self._parallel = hello.settings, self.threads > 1
        elif not self.hello or self._answers.tape.state != "ready":
            self.state = self._answers.tape.state
        else:
            # Recorded on one core: its second half had one thread, too.
            self.state = "ready"

    @property
    def hellos(self) -> Mapping[bool, Hello]:
        """What the worker said of itself, by whether it had several threads."""
        return self._answers.tape.hellos

    def renew(self, env: Mapping[str, str]) -> None:
        """The answers of a fresh worker are on the tape as well."""

    def pump(self) -> None:
        """Nothing is sent: ``answer`` takes the jobs."""

    def answer(self) -> None:
        """Answer the first job that waits."""
        if not self.busy:
            return
        job = self.jobs.pop()
        if job.kind.whole:
            self._replay(job)
        elif job.alone:
            self._again(job)
        else:
            self._batch(job)

    def settle(self) -> None:
        """All is answered: take the state in which the run left the target."""
        if self._answers.tape.state != "ready":
            self.state = self._answers.tape.state

    def _batch(self, job: Job) -> None:
        spoken = [(item, self._take(job, item)) for item in job.items]
        heard = sorted(((item, said) for item, said in spoken if said is not None), key=lambda pair: pair[1].place)
        groups: dict[int, list[tuple[Item, Spoken]]] = {}
        for item, said in heard:
            if said.group is not None:
                groups.setdefault(said.group, []).append((item, said))
            elif isinstance(said.outcome, (Crashed, TimedOut)):
                self._tell(job, item, said)
            elif answers := job.hold(item, said.outcome):
                self._answered(self, job, answers)
        self._release(job)
        for number, members in groups.items():
            self._group(job, number, members)
        for item, found in spoken:
            if found is None and isinstance(job.kind, Compared):
                # It ended a worker together with others, and was then asked by itself.
                self._again(job.again(item))

    def _group(self, job: Job, number: int, members: Sequence[tuple[Item, Spoken]]) -> None:
        outcome, trail = self._answers.groups[number]
        together = GroupEnd(outcome, len(members), trail)
        for item, said in members:
            group = together if said.waiting is None else GroupEnd(outcome, said.waiting, trail, said.found)
            self._tell(job.again(item, job.kind.in_group(group)), item, said)

    def _again(self, job: Job) -> None:
        (item,) = job.items
        said = self._answers.take(job, item, self._parallel)
        if said is not None:
            self._tell(job, item, said)
        else:
            self._unconfirmed(self, job)

    def _replay(self, job: Job) -> None:
        said = [(item, self._answers.take(job, item, self._parallel)) for item in job.items]
        answers: list[Answer] = [(item, spoken.outcome) for item, spoken in said if spoken is not None]
        if len(answers) == len(said):
            self._answered(self, job, answers)
            return
        self.jobs.drop(job.kind)
        self._unconfirmed(self, job)

    def _take(self, job: Job, item: Item) -> Spoken | None:
        said = self._answers.take(job, item, self._parallel)
        if said is None and not isinstance(job.kind, Compared):
            said = self._answers.take(job, item, self._parallel, "group")
        return said

    def _tell(self, job: Job, item: Item, said: Spoken) -> None:
        told = replace(job, trail=said.trail) if isinstance(said.outcome, (Crashed, TimedOut)) else job
        self._answered(self, told, [(item, said.outcome)])


class TapedEngine(Engine):
    """Judges what is on tapes, ``answers`` by target."""

    def __init__(
        self,
        answers: Mapping[Target, Answers],
        settings: Settings,
        known: Mapping[str, Sequence[Fact]],
        follows: Mapping[str, Sequence[Follows]],
    ) -> None:
        self._tapes = answers
        workers = {t: (a.tape.label, WorkerSpec("", t.mode, t.device)) for t, a in answers.items()}
        super().__init__(workers, settings, known, follows)

    def lane(self, target: Target, label: str, spec: WorkerSpec) -> Lane:
        return TapedLane(
            self._tapes[target], self.settings, spec, self._starts.worker, self._answered, self.unconfirmed
        )

    def second_lane(self, lane: Lane) -> Lane | None:
        """None: a tape is read once."""

    def make_batch(self, op: Op, aspect: str, start: int, stop: int) -> Batch:
        """The recorded cases, whatever would be drawn now."""
        items: dict[tuple[int, str], Item] = {}
        for answers in self._tapes.values():
            items |= answers.items.get((op.name, aspect), {})
        chosen = (item for (number, _), item in items.items() if (number < 0 if stop == 0 else start <= number < stop))
        return Batch(op, aspect, tuple(sorted(chosen, key=lambda item: item.number)))

    def _taped(self) -> list[TapedLane]:
        return [lane for lane in self.lanes.values() if isinstance(lane, TapedLane)]

    def _step(self, idle: Any = None) -> None:
        for lane in self._taped():
            lane.answer()
