"""Kinds of jobs: planned cases, pins, questions and repetitions. Those that retry a failure are in ``retries``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.outcome import Outcome, TimedOut
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.plan import Item
from opassay.harness.run.job import Answer, GroupEnd, Job, Kind, Taking
from opassay.harness.run.lane import Lane
from opassay.harness.run.retries import Again, InGroup

if TYPE_CHECKING:
    from opassay.harness.run.engine import Engine

Asked = tuple[str, Outcome, Judgement]
"""Label, outcome and judgement of a target."""

Comparing = Callable[[Lane, Job, Item, Outcome], None]
"""Takes an unjudged answer: lane, job, item, outcome."""


@dataclass(eq=False)
class Planned(Kind):
    """Makes a record for the table, or for ``taker``. A case that fails and is not known runs again alone first."""

    taker: Taking | None = None
    role = "batch"

    def judged(self, engine: Engine, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        covering = engine.known.covering
        if judgement.verdict in FAILING and not covering(lane, job.op_of(item.case), item.case, outcome, judgement):
            # A known difference needs no confirmation, which may cost two more workers.
            again = Again(judgement, outcome, self.taker)
            patient = isinstance(outcome, TimedOut)
            lane.submit(job.again(item, again, trail=job.trail, patient=patient), first=True)
        else:
            engine.record(lane, job, item, outcome, judgement, "")

    def in_group(self, end: GroupEnd) -> Kind:
        return InGroup(end, self.taker)


class Pinned(Kind):
    """The pinned case of a known difference: its verdict, and the facts that cover it, go to the engine's ``pins``."""

    role = "pin"

    def judged(self, engine: Engine, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        facts = engine.known.covering(lane, job.op_of(item.case), item.case, outcome, judgement)
        engine.pins[lane.label, item.case.id] = judgement.verdict, frozenset(fact.id for fact in facts)


@dataclass(eq=False)
class Question(Kind):
    """A case to show: label, outcome and judgement of each target that was asked are in ``told``."""

    told: list[Asked] = field(default_factory=list)

    def judged(self, engine: Engine, lane: Lane, job: Job, item: Item, outcome: Outcome, judgement: Judgement) -> None:
        self.told.append((lane.label, outcome, judgement))


@dataclass(eq=False)
class Compared(Kind):
    """A case runs once more and must give the same bits: ``compare`` gets the answer."""

    compare: Comparing
    role = "repeat"

    def answered(self, engine: Engine, lane: Lane, job: Job, answers: Sequence[Answer]) -> None:
        for item, outcome in answers:
            self.compare(lane, job, item, outcome)
