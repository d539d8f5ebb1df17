"""Kinds of jobs that retry a failure: was it caused by the case, by the cases before it, or by the machine?

A case that fails in a batch runs again alone. Where the outcome then differs, the failure does not reproduce. A worker
exit that the case alone does not reproduce was caused by the cases before it or by a lack of memory, or its cause is
unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.outcome import DAMAGED, OUTSIDE, Crashed, Outcome, Returned, TimedOut
from opassay.harness.model.verdicts import FAILING, UNCONFIRMED
from opassay.harness.plan.plan import Item
from opassay.harness.run.job import Answer, GroupEnd, Job, Kind, Taking, Trail
from opassay.harness.run.lane import Lane

if TYPE_CHECKING:
    from opassay.harness.run.engine import Engine

FORGIVEN = 2
"""Exits per target and run that did not reproduce and are not red. Each further one counts as a crash."""


class Ends:
    """Worker exits that did not reproduce: ``lines`` describes those that are not red, ``once`` counts by target."""

    def __init__(self) -> None:
        self.once: Counter[str] = Counter()
        self.lines: list[str] = []

    def told(self, label: str, end: Crashed, item: Item, alone: Judgement) -> tuple[Judgement, str]:
        """The judgement ``alone``, with a remark, and whether it was confirmed.

        A crash where such exits are too frequent to be chance.
        """
        self.once[label] += 1
        count = self.once[label]
        text = f"not reproduced: {end.message}" + (f" ({end.machine})" if end.machine else "")
        if count > FORGIVEN:
            text += f"; alone in a fresh worker: {alone.verdict}; {count} workers of this target ended so in one run"
            return Judgement("crash", text, error_type=end.signal), "no"
        self.lines.append(f"{label}: {text}; case {item.case.id}")
        return replace(alone, message="; ".join(filter(None, (text, alone.message)))), _confirmed(alone)


@dataclass(eq=False)
class Again(Kind):
    """Retries a failing case alone. ``earlier``: its judgement before, ``end``: how its worker ended then."""

    earlier: Judgement
    end: Outcome | None = None
    taker: Taking | None = None
    role = "alone"

    @property
    def urgent(self) -> bool:
        return isinstance(self.end, Crashed)

    def judged(self, engine: Engine, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        """Record it as confirmed, or as not reproduced."""
        if judgement.verdict == "crash" and self.earlier.verdict != "crash" and not job.fresh:
            # Another case may have damaged the worker.
            lane.submit(job.again(item, Again(self.earlier, taker=self.taker), fresh=True), first=True)
        elif self.earlier.verdict in (judgement.verdict, "hang"):
            engine.record(lane, job, item, outcome, judgement, _confirmed(judgement))
        elif isinstance(self.end, Crashed) and judgement.verdict == "hang":
            # On a busy machine, a silent worker may end itself before the parent ends it.
            told = replace(judgement, message=f"{judgement.message}; before: {self.end.message}")
            engine.record(lane, job, item, outcome, told, _confirmed(judgement))
        elif isinstance(self.end, Crashed):
            _not_repeated(engine, lane, job, self.end, item, outcome, judgement)
        else:
            text = (
                f"in a batch: {self.earlier.verdict} ({self.earlier.message}); "
                f"alone: {judgement.verdict} ({judgement.message})"
            )
            engine.record(lane, job, item, outcome, Judgement("nondeterministic", text), "no")

    def unconfirmed(self, engine: Engine, lane: Lane, job: Job) -> None:
        """Record the earlier judgement."""
        engine.record(lane, job, job.items[0], self.end or Returned(()), self.earlier, UNCONFIRMED)


@dataclass(eq=False)
class InGroup(Kind):
    """Runs one case of a program that ended its worker alone; if none reproduces the exit, the last one records it."""

    end: GroupEnd
    taker: Taking | None = None
    role = "group"

    def judged(self, engine: Engine, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        """Record it, unless all cases ran alone and none ended its worker."""
        end = self.end
        end.waiting -= 1
        end.found |= isinstance(outcome, (Crashed, TimedOut))
        if end.waiting or end.found or not isinstance(end.outcome, Crashed):
            engine.record(lane, job, item, outcome, judgement, _confirmed(judgement))
        else:
            _not_repeated(engine, lane, replace(job, trail=end.trail), end.outcome, item, outcome, judgement)


@dataclass(eq=False)
class Replayed(Kind):
    """A worker exit that the case alone does not reproduce: a fresh worker runs ``trail``.

    ``trail``: the last cases that the first worker received. ``ended``: whether the fresh one exited, too. The record
    is that of ``item``, which came to ``outcome`` and ``judgement`` alone.
    """

    trail: Trail
    end: Crashed
    item: Item
    outcome: Outcome
    judgement: Judgement
    taker: Taking | None = None
    ended: bool = False
    role = "replay"
    whole = True

    def __post_init__(self) -> None:
        self._waiting = sum(len(given.items) for given in self.trail)

    def jobs(self) -> list[Job]:
        """The jobs of the fresh worker."""
        return [
            Job(given.op, given.items, self, given.alone, given.others, fresh=not number)
            for number, given in enumerate(self.trail)
        ]

    def answered(self, engine: Engine, lane: Lane, job: Job, answers: Sequence[Answer]) -> None:
        """Where the exit reproduces, it is attributed to these cases."""
        self._waiting -= len(answers)
        self.ended |= any(isinstance(outcome, Crashed) for _, outcome in answers)
        if self._waiting:
            return
        if self.ended:
            lane.jobs.suspect(case for given in self.trail for case in given.accepted)
            engine.record(lane, job, self.item, self.outcome, self._with_batch(), "no")
        else:
            told, confirmed = engine.ends.told(lane.label, self.end, self.item, self.judgement)
            engine.record(lane, job, self.item, self.outcome, told, confirmed)

    def unconfirmed(self, engine: Engine, lane: Lane, job: Job) -> None:
        """The exit is recorded as it was."""
        judgement = Judgement("crash", self.end.message, error_type=self.end.signal)
        engine.record(lane, job, self.item, self.outcome, judgement, UNCONFIRMED)

    def _with_batch(self) -> Judgement:
        before = sum(len(given.items) for given in self.trail) - 1
        text = (
            f"{self.end.message}; again in a fresh worker that was given the same {before} cases before it; "
            f"alone: {self.judgement.verdict}"
        )
        accepted = sorted({case.rule for given in self.trail for case in given.accepted})
        text += f"; of these, invalid input was accepted of {', '.join(accepted)}" if accepted else ""
        return Judgement("crash", text, error_type=self.end.signal)


def _not_repeated(
    engine: Engine, lane: Lane, job: Job, end: Crashed, item: Item, outcome: Outcome, judgement: Judgement
) -> None:
    """A worker ended, and the case alone does not reproduce that."""
    lane.jobs.acquit(item.case)
    if end.signal in OUTSIDE:
        engine.record(lane, job, item, outcome, *engine.ends.told(lane.label, end, item, judgement))
    elif end.signal in DAMAGED and job.trail:
        lane.submit_all(Replayed(job.trail, end, item, outcome, judgement, job.kind.taker).jobs())
    else:
        text = f"{end.message}; alone in a fresh worker: {judgement.verdict}"
        engine.record(lane, job, item, outcome, Judgement("crash", text, error_type=end.signal), "no")


def _confirmed(judgement: Judgement) -> str:
    return "yes" if judgement.verdict in FAILING else ""
