"""The engine: all lanes at once, every answer judged, every failing case confirmed alone."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import psutil

from harness.judge.compare import Judgement
from harness.judge.known import Tally, applies, concerns, guarded
from harness.model.case import Case
from harness.model.known import Known
from harness.model.op import Op
from harness.model.outcome import GREW, Crashed, Outcome, TimedOut
from harness.model.target import Target
from harness.model.verdicts import FAILING, Record
from harness.run.feeds import Feeds, Key
from harness.run.job import Answer, Job
from harness.run.judging import Judging
from harness.run.lane import Lane
from harness.run.pins import concerned, shown
from harness.run.plan import Item, Settings, Shard
from harness.run.process import Message, WorkerSpec
from harness.run.records import make_record

WATCH = 0.2
"""Seconds between two looks at how long the workers have been silent and how large they are."""

CHANCES = 5
"""How often the pinned case of a difference that comes and goes may pass before the entry is out of date."""

BUSY = 90.0
"""Per cent of all cores from which on a worker's silence may be the machine's fault."""

Asked = tuple[str, Outcome, Judgement]

Holding = Callable[[Lane, Item, Outcome, Judgement, str], None]
Listening = Callable[[Lane, Job, Item, Outcome], None]


class Engine:
    """Runs shards on their targets; workers live as long as the engine.

    Use as a context manager: leaving it ends every worker. ``keep`` is told of every answer that is recorded.
    ``broken`` holds what the predicates of known differences raised, by the entry's id.
    """

    def __init__(
        self,
        workers: Mapping[Target, tuple[str, WorkerSpec]],
        settings: Settings,
        known: Mapping[str, Sequence[Known]] | None = None,
    ) -> None:
        self.settings = settings
        self._known = known or {}
        self._events: queue.Queue[Message] = queue.Queue()
        self._records: deque[Record] = deque()
        self.judging = Judging()
        self.pins: dict[tuple[str, str], str] = {}
        self.tally = Tally()
        self.broken: dict[str, str] = {}
        self.asked: list[Asked] = []
        self._watched = time.monotonic()
        self._concerned: dict[tuple[str, str, str], list[Known]] = {}
        self.keep: Callable[[str, Case, Outcome], None] = lambda label, case, outcome: None
        self.hold: Holding | None = None
        self.listen: Listening | None = None
        self.lanes = {
            target: Lane(target, label, spec, self._events, settings.timeout, settings.memory, self._answered)
            for target, (label, spec) in workers.items()
        }
        for lane in self.lanes.values():
            lane.repeat = settings.repeat

    def __enter__(self) -> Engine:
        for lane in self.lanes.values():
            lane.start()
        return self

    def __exit__(self, *error: object) -> None:
        for lane in self.lanes.values():
            lane.kill() if error[0] else lane.close()

    def stop(self) -> None:
        """End every worker at once; nothing can be asked any more."""
        for lane in self.lanes.values():
            lane.kill()

    def wait_ready(self, idle: Callable[[], None] = lambda: None) -> None:
        """Return when every worker has said hello or cannot start."""
        while any(lane.state == "starting" for lane in self.lanes.values()):
            self._step(idle)

    def run(self, shards: Sequence[Shard], done: frozenset[Key] = frozenset()) -> Iterator[Record]:
        """Records of all shards as they become known, in no fixed order; ``done`` is left out."""
        feeds = Feeds(shards, self.settings, done, self.lanes, self._spoils)
        while True:
            feeds.feed()
            if feeds.finished and not any(lane.busy for lane in self.lanes.values()):
                break
            self._step()
            while self._records:
                yield self._records.popleft()
        yield from self._records
        self._records.clear()

    def use_threads(self, count: int, labels: Collection[str] | None = None) -> None:
        """Restart every worker, or those of ``labels``, with so many threads, and wait until they answer."""
        for lane in self.lanes.values():
            if labels is None or lane.label in labels:
                lane.restart(count)
        self.wait_ready()
        self._concerned.clear()

    def ask(self, op: Op, item: Item) -> list[Asked]:
        """Put one case to every usable lane, alone; label, outcome and judgement in the order of lanes."""
        self.asked = []
        for lane in self.lanes.values():
            if lane.usable:
                lane.submit(Job(op, [item], alone=True, ask=True))
        self._until_idle()
        order = [lane.label for lane in self.lanes.values()]
        self.asked.sort(key=lambda asked: order.index(asked[0]))
        return self.asked

    def _until_idle(self) -> None:
        while any(lane.busy for lane in self.lanes.values()):
            self._step()

    def check_pins(self, ops: Sequence[Op], aspects: Sequence[str]) -> None:
        """Run pinned cases of known differences in scope, each once; verdicts go to ``pins`` by label and case id.

        Where chance decides, it runs again while it passes; what is said to differ between two calls is called twice.
        With other threads (``use_threads``) others are in scope.
        """
        by_name = {op.name: op for op in ops}
        waiting = [
            (lane, known)
            for target, lane in self.lanes.items()
            for known in self._known.get(target.adapter, ())
            if known.op in by_name
            and known.aspect in aspects
            and concerned(lane, known)
            and (lane.label, known.pin.id) not in self.pins
        ]
        for _ in range(CHANCES):
            for lane, known in waiting:
                if lane.usable:
                    item = Item(-1 if known.verdict == "nondeterministic" else 0, known.pin)
                    spoils = self._spoils(lane, known.pin)
                    lane.submit(Job(by_name[known.op], [item], alone=True, probe=True, spoils=spoils))
            self._until_idle()
            waiting = [(lane, known) for lane, known in waiting if known.chance and not self._shown(lane, known)]

    def _shown(self, lane: Lane, known: Known) -> bool | None:
        return shown(self.pins, lane.label, known, self._known.get(lane.target.adapter, ()))

    def _step(self, idle: Callable[[], None] = lambda: None) -> None:
        try:
            message = self._events.get(timeout=WATCH)
        except queue.Empty:
            idle()
        else:
            for lane in self.lanes.values():
                lane.hear(message)
        # Asking the system for a worker's memory costs as much as judging a case.
        since = time.monotonic() - self._watched
        if since >= WATCH:
            self._watched += since
            busy = psutil.cpu_percent() > BUSY
            for lane in self.lanes.values():
                # A step takes no longer than WATCH while nothing is heard.
                lane.watch(busy, away=max(0.0, since - 2 * WATCH))

    def renew(self, env: Mapping[str, str]) -> None:
        """Go on with fresh workers that have ``env`` besides, and wait until they answer."""
        for lane in self.lanes.values():
            lane.renew(env)
        self.wait_ready()

    def _answered(self, lane: Lane, job: Job, answers: Sequence[Answer]) -> None:
        """Take the answers to one geometry, all or those that came before the worker ended."""
        if self.listen is not None:
            for item, outcome in answers:
                self.listen(lane, job, item, outcome)
            return
        told = [(item.case, outcome) for item, outcome in answers]
        judgements = self.judging.judge_all(lane, job.op, told, self._targets)
        for (item, outcome), judgement in zip(answers, judgements, strict=True):
            self._judged(lane, job, item, outcome, judgement)

    @property
    def _targets(self) -> int:
        return sum(lane.usable for lane in self.lanes.values())

    def _judged(self, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        if job.ask:
            self.asked.append((lane.label, outcome, judgement))
        elif job.probe:
            self.pins[lane.label, item.case.id] = judgement.verdict
        elif job.group is not None:
            self._group_answer(lane, job, item, outcome, judgement)
        elif job.alone:
            self._second(lane, job, item, outcome, judgement)
        elif judgement.verdict in FAILING and not self.expected(lane, item.case, judgement.verdict):
            lane.submit(Job(job.op, [item], alone=True, earlier=judgement, spoils=job.spoils), first=True)
        else:
            self._record(lane, item, outcome, judgement, "")

    def expected(self, lane: Lane, case: Case, verdict: str) -> bool:
        """Whether a known difference says just this: confirming it, at worst in two more workers, tells nothing new."""
        return any(
            known.verdict == verdict and applies(known, case, lane.target.mode) for known in self.entries(lane, case)
        )

    def _spoils(self, lane: Lane, case: Case) -> bool:
        """Whether a case is known to end a worker: where it does not, it may have written to memory of others."""
        return self.expected(lane, case, "crash")

    def _second(self, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        """A failing case has run again alone: believe it, or say that it did not repeat."""
        earlier = job.earlier
        # What a worker had piled up before is no fault of the case, unless alone it does not end either.
        cleared = earlier is not None and earlier.error_type == GREW and judgement.verdict != "hang"
        if earlier is None or cleared or earlier.verdict in (judgement.verdict, "hang"):
            self._record(lane, item, outcome, judgement, "yes" if judgement.verdict in FAILING else "")
        elif earlier.verdict == "crash":
            text = f"{earlier.message}; alone in a fresh worker: {judgement.verdict}"
            self._record(lane, item, outcome, Judgement("crash", text, error_type=earlier.error_type), "no")
        else:
            text = (
                f"in a batch: {earlier.verdict} ({earlier.message}); alone: {judgement.verdict} ({judgement.message})"
            )
            self._record(lane, item, outcome, Judgement("nondeterministic", text), "no")

    def _group_answer(self, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        group = job.group
        assert group is not None
        group.waiting -= 1
        group.found |= isinstance(outcome, (Crashed, TimedOut))
        grew = isinstance(group.outcome, Crashed) and group.outcome.signal == GREW
        if group.waiting or group.found or grew or isinstance(group.outcome, TimedOut):
            self._record(lane, item, outcome, judgement, "yes" if judgement.verdict in FAILING else "")
            return
        first = self.judging.judge(lane, job.op, item.case, group.outcome, self._targets)
        text = f"{first.message} while {len(group.members)} cases ran as one program; none of them ends it alone"
        self._record(lane, item, outcome, Judgement("crash", text, error_type=first.error_type), "no")

    def entries(self, lane: Lane, case: Case) -> Sequence[Known]:
        """The known differences of the lane's framework, as it is set, that concern the case's op and aspect."""
        key = lane.label, case.op, case.aspect
        if key in self._concerned:
            return self._concerned[key]
        entries = self._known.get(lane.target.adapter, ())
        here = [known.on(lane.settings) for known in entries if concerns(known, case)]
        found = [guarded(known, self.broken) for known in here if known is not None]
        if lane.hello:
            # Before, nobody knows how it is set.
            self._concerned[key] = found
        return found

    def _record(self, lane: Lane, item: Item, outcome: Outcome, judgement: Judgement, confirmed: str) -> None:
        self.keep(lane.label, item.case, outcome)
        if self.hold is not None:
            self.hold(lane, item, outcome, judgement, confirmed)
        else:
            self._records.append(self.conclude(lane, item, outcome, judgement, confirmed))

    def conclude(self, lane: Lane, item: Item, outcome: Outcome, judgement: Judgement, confirmed: str) -> Record:
        """The record of a final judgement, counted for the known differences."""
        entries = self.entries(lane, item.case)
        known = self.tally.count(entries, item.case, lane.label, lane.target.mode, judgement.verdict)
        return make_record(lane, item, outcome, judgement, known.id if known else "", confirmed)
