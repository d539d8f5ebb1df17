"""A second look at what failed: the case's own doing, that of cases before it, or of the machine.

What fails in a batch runs again alone. What then differs does not repeat; a worker that ended, and that its case does
not end alone, was ended by cases before it, or for want of memory, or nobody can say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.outcome import DAMAGED, OUTSIDE, Crashed, Outcome, Returned, TimedOut
from opassay.harness.model.verdicts import FAILING, UNCONFIRMED
from opassay.harness.plan.plan import Item
from opassay.harness.run.job import Answer, GroupEnd, Job, Kind, Taking, Trail
from opassay.harness.run.lane import Lane

FORGIVEN = 2
"""Ends per target and run that did not repeat and are no difference; from the next one on each is a crash."""


class Ends:
    """The ends of workers that did not repeat: ``lines`` says in words which are not red, ``once`` counts by target."""

    def __init__(self) -> None:
        self.once: Counter[str] = Counter()
        self.lines: list[str] = []

    def told(self, label: str, end: Crashed, item: Item, alone: Judgement) -> tuple[Judgement, str]:
        """What the case came to ``alone``, with a remark, and whether it was confirmed; a crash where such ends are too
        many to be chance."""
        self.once[label] += 1
        count = self.once[label]
        text = f"once, not again: {end.message}" + (f" ({end.machine})" if end.machine else "")
        if count > FORGIVEN:
            text += f"; alone in a fresh worker: {alone.verdict}; {count} workers of this target ended so in one run"
            return Judgement("crash", text, error_type=end.signal), "no"
        self.lines.append(f"{label}: {text}; case {item.case.id}")
        return replace(alone, message="; ".join(filter(None, (text, alone.message)))), _confirmed(alone)


@dataclass(eq=False)
class Again(Kind):
    """A failing case runs again alone. ``earlier``: what it came to before, ``end`` how it ended its worker then."""

    earlier: Judgement
    end: Outcome | None = None
    taker: Taking | None = None
    role = "alone"

    @property
    def urgent(self) -> bool:
        return isinstance(self.end, Crashed)

    def judged(self, engine: Any, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        """Believe it, or say that it did not repeat."""
        if judgement.verdict == "crash" and self.earlier.verdict != "crash" and not job.fresh:
            # Another case may have damaged the worker.
            lane.submit(job.again(item, Again(self.earlier, taker=self.taker), fresh=True), first=True)
        elif self.earlier.verdict in (judgement.verdict, "hang"):
            engine.record(lane, job, item, outcome, judgement, _confirmed(judgement))
        elif isinstance(self.end, Crashed) and judgement.verdict == "hang":
            # A worker that is silent for long enough ends itself, where the machine is too busy for us to be first.
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

    def unconfirmed(self, engine: Any, lane: Lane, job: Job) -> None:
        """Record what the case came to before."""
        engine.record(lane, job, job.items[0], self.end or Returned(()), self.earlier, UNCONFIRMED)


@dataclass(eq=False)
class InGroup(Kind):
    """One case of a program that ended its worker runs alone; the last one stands for all if none ends it."""

    end: GroupEnd
    taker: Taking | None = None
    role = "group"

    def judged(self, engine: Any, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        """Believe it, unless all ran alone and none of them ended its worker."""
        end = self.end
        end.waiting -= 1
        end.found |= isinstance(outcome, (Crashed, TimedOut))
        if end.waiting or end.found or not isinstance(end.outcome, Crashed):
            engine.record(lane, job, item, outcome, judgement, _confirmed(judgement))
        else:
            _not_repeated(engine, lane, replace(job, trail=end.trail), end.outcome, item, outcome, judgement)


@dataclass(eq=False)
class Replayed(Kind):
    """A worker ended and its case does not end one alone: ``trail``, what that worker was given last, is given to a
    fresh one. ``ended``: whether that ended too. ``item`` makes the record, ``outcome`` and ``judgement`` are what it
    came to alone.
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
        """What the fresh worker is given."""
        return [
            Job(given.op, given.items, self, given.alone, given.others, fresh=not number)
            for number, given in enumerate(self.trail)
        ]

    def answered(self, engine: Any, lane: Lane, job: Job, answers: Sequence[Answer]) -> None:
        """What reproduces is the fault of these cases."""
        self._waiting -= len(answers)
        self.ended |= any(isinstance(outcome, Crashed) for _, outcome in answers)
        if self._waiting:
            return
        if self.ended:
            lane.suspect(case for given in self.trail for case in given.accepted)
            engine.record(lane, job, self.item, self.outcome, self._with_batch(), "no")
        else:
            told, confirmed = engine.ends.told(lane.label, self.end, self.item, self.judgement)
            engine.record(lane, job, self.item, self.outcome, told, confirmed)

    def unconfirmed(self, engine: Any, lane: Lane, job: Job) -> None:
        """The end is believed as it is."""
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
    engine: Any, lane: Lane, job: Job, end: Crashed, item: Item, outcome: Outcome, judgement: Judgement
) -> None:
    """A worker ended, and its case does not end one alone."""
    lane.acquit(item.case)
    if end.signal in OUTSIDE:
        engine.record(lane, job, item, outcome, *engine.ends.told(lane.label, end, item, judgement))
    elif end.signal in DAMAGED and job.trail:
        lane.submit_all(Replayed(job.trail, end, item, outcome, judgement, job.kind.taker).jobs())
    else:
        text = f"{end.message}; alone in a fresh worker: {judgement.verdict}"
        engine.record(lane, job, item, outcome, Judgement("crash", text, error_type=end.signal), "no")


def _confirmed(judgement: Judgement) -> str:
    return "yes" if judgement.verdict in FAILING else ""
