"""A second look at what failed: the case's own doing, that of cases before it, or of the machine.

What fails in a batch runs again alone. What then differs does not repeat; a worker that ended, and that its case does
not end alone, was ended by cases before it, or for want of memory, or nobody can say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.outcome import DAMAGED, OUTSIDE, Crashed, Outcome, TimedOut
from opassay.harness.model.verdicts import FAILING, UNCONFIRMED
from opassay.harness.plan.plan import Item
from opassay.harness.run.job import Answer, GroupEnd, Job, Replay
from opassay.harness.run.lane import Lane

FORGIVEN = 2
"""Ends per target and run that did not repeat and are no difference; from the next one on each is a crash."""

Recording = Callable[[Lane, Job, Item, Outcome, Judgement, str], None]
"""Takes what is decided: lane, job, item, outcome, judgement, whether it was confirmed."""


class SecondLook:
    """Decides, and tells ``record``. ``lines``: in words, the ends that did not repeat and are not red.

    ``once``: how many did not repeat, by target.
    """

    def __init__(self, record: Recording) -> None:
        self._record = record
        self.once: Counter[str] = Counter()
        self.lines: list[str] = []

    def alone(self, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        """A failing case has run again alone: believe it, or say that it did not repeat."""
        earlier = job.earlier
        if judgement.verdict == "crash" and earlier is not None and earlier.verdict != "crash" and not job.fresh:
            # Another case may have damaged the worker.
            lane.submit(job.again(item, earlier=earlier, fresh=True), first=True)
        elif earlier is None or earlier.verdict in (judgement.verdict, "hang"):
            self._record(lane, job, item, outcome, judgement, _confirmed(judgement))
        elif isinstance(job.end, Crashed) and judgement.verdict == "hang":
            # A worker that is silent for long enough ends itself, where the machine is too busy for us to be first.
            told = replace(judgement, message=f"{judgement.message}; before: {job.end.message}")
            self._record(lane, job, item, outcome, told, _confirmed(judgement))
        elif isinstance(job.end, Crashed):
            self._not_repeated(lane, job, job.end, item, outcome, judgement)
        else:
            text = (
                f"in a batch: {earlier.verdict} ({earlier.message}); alone: {judgement.verdict} ({judgement.message})"
            )
            self._record(lane, job, item, outcome, Judgement("nondeterministic", text), "no")

    def in_group(
        self, lane: Lane, job: Job, group: GroupEnd, item: Item, outcome: Outcome, judgement: Judgement
    ) -> None:
        """One case of a program that ended its worker has run alone; the last one stands for all if none ends it."""
        group.waiting -= 1
        group.found |= isinstance(outcome, (Crashed, TimedOut))
        if group.waiting or group.found or not isinstance(group.outcome, Crashed):
            self._record(lane, job, item, outcome, judgement, _confirmed(judgement))
        else:
            self._not_repeated(lane, replace(job, trail=group.trail), group.outcome, item, outcome, judgement)

    def replayed(self, lane: Lane, job: Job, replay: Replay, answers: Sequence[Answer]) -> None:
        """A fresh worker was given what another one ended after: what reproduces is the fault of these cases."""
        replay.waiting -= len(answers)
        replay.ended |= any(isinstance(outcome, Crashed) for _, outcome in answers)
        if replay.waiting:
            return
        if replay.ended:
            lane.suspect(case for given in replay.trail for case in given.accepted)
            self._record(lane, job, replay.item, replay.outcome, _with_batch(replay), "no")
        else:
            self._tell_once(lane, job, replay.end, replay.item, replay.outcome, replay.judgement)

    def unrepeated(self, lane: Lane, job: Job, replay: Replay) -> None:
        """Nobody can be given again what a worker ended after: its end is believed as it is."""
        judgement = Judgement("crash", replay.end.message, error_type=replay.end.signal)
        self._record(lane, job, replay.item, replay.outcome, judgement, UNCONFIRMED)

    def _not_repeated(
        self, lane: Lane, job: Job, end: Crashed, item: Item, outcome: Outcome, judgement: Judgement
    ) -> None:
        """A worker ended, and its case does not end one alone."""
        lane.acquit(item.case)
        if end.signal in OUTSIDE:
            self._tell_once(lane, job, end, item, outcome, judgement)
        elif end.signal in DAMAGED and job.trail:
            lane.submit_all(_replay_jobs(Replay(job.trail, end, item, outcome, judgement), job))
        else:
            text = f"{end.message}; alone in a fresh worker: {judgement.verdict}"
            self._record(lane, job, item, outcome, Judgement("crash", text, error_type=end.signal), "no")

    def _tell_once(self, lane: Lane, job: Job, end: Crashed, item: Item, outcome: Outcome, alone: Judgement) -> None:
        """Record what the case came to alone, with a remark; a crash where such ends are too many to be chance."""
        self.once[lane.label] += 1
        count = self.once[lane.label]
        text = f"once, not again: {end.message}" + (f" ({end.machine})" if end.machine else "")
        if count > FORGIVEN:
            text += f"; alone in a fresh worker: {alone.verdict}; {count} workers of this target ended so in one run"
            self._record(lane, job, item, outcome, Judgement("crash", text, error_type=end.signal), "no")
            return
        self.lines.append(f"{lane.label}: {text}; case {item.case.id}")
        told = replace(alone, message="; ".join(filter(None, (text, alone.message))))
        self._record(lane, job, item, outcome, told, _confirmed(alone))


def _confirmed(judgement: Judgement) -> str:
    return "yes" if judgement.verdict in FAILING else ""


def _with_batch(replay: Replay) -> Judgement:
    """The judgement where a fresh worker, given the same cases, ended too."""
    before = sum(len(job.items) for job in replay.trail) - 1
    text = (
        f"{replay.end.message}; again in a fresh worker that was given the same {before} cases before it; "
        f"alone: {replay.judgement.verdict}"
    )
    accepted = sorted({case.rule for job in replay.trail for case in job.accepted})
    text += f"; of these, invalid input was accepted of {', '.join(accepted)}" if accepted else ""
    return Judgement("crash", text, error_type=replay.end.signal)


def _replay_jobs(replay: Replay, job: Job) -> list[Job]:
    """What a fresh worker is given to see whether it ends too; answers go where those of ``job`` do."""
    replay.waiting = sum(len(given.items) for given in replay.trail)
    return [
        Job(given.op, given.items, given.alone, given.others, fresh=not number, replay=replay, taker=job.taker)
        for number, given in enumerate(replay.trail)
    ]
