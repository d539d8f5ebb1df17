"""Determinism: cases run again in fresh processes, and every bit must be the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from opassay.harness.judge.compare import Judgement
from opassay.harness.model.fact import Fact
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.verdicts import Record
from opassay.harness.plan.plan import Item, Shard
from opassay.harness.run.course import Steps, idle
from opassay.harness.run.engine import Engine
from opassay.harness.run.feeds import Feeds, Key
from opassay.harness.run.job import Job, Kind
from opassay.harness.run.kinds import Compared, Planned
from opassay.harness.run.lane import Lane
from opassay.harness.worker.bits import digest

HELD = 20_000
"""Records that wait in memory for their second answer before the workers are replaced."""

POISONS = ("85", "170")
"""Bytes with which glibc fills freed memory, in turn, so that uninitialised memory differs each time. Source:
https://man7.org/linux/man-pages/man3/mallopt.3.html (``MALLOC_PERTURB_``)"""


@dataclass
class _Held:
    """A judged answer that waits for the second one; ``outcome`` without its arrays."""

    item: Item
    outcome: Outcome
    bits: str
    judgement: Judgement
    confirmed: str
    facts: Sequence[Fact]
    others: str = ""


class Repeats:
    """Runs shards twice, the second time in fresh workers; with ``poison``, freed memory is overwritten.

    A record whose answers differ is ``nondeterministic``. What is ``done`` is left out.
    """

    def __init__(
        self, engine: Engine, shards: Sequence[Shard], poison: bool, done: frozenset[Key] = frozenset()
    ) -> None:
        self._engine, self._poison = engine, poison
        self._feeds = [engine.feeds(group, done) for group in _groups(shards, engine.settings.fills)]

    def run(self) -> Iterator[Record]:
        """Records of all targets."""
        return self._engine.follow({target: self.steps(lane) for target, lane in self._engine.lanes.items()})

    def steps(self, lane: Lane) -> Steps:
        """What one target is asked."""
        for number, feeds in enumerate(self._feeds):
            once = _Once(self._engine, lane)
            try:
                yield from _jobs(feeds, lane, Planned(once.hold))
                yield idle(lane)
                if once.held:
                    lane.renew({"MALLOC_PERTURB_": POISONS[number % 2]} if self._poison else {})
                    yield from _jobs(feeds, lane, Compared(once.compare))
                    yield idle(lane)
            finally:
                # Also for a target that was given up: its answers are recorded.
                once.conclude()


def _jobs(feeds: Feeds, lane: Lane, kind: Kind) -> Iterator[Job]:
    return (replace(job, kind=kind) for job in feeds.jobs(lane))


class _Once:
    """The first answers of one target to a group of shards, and whether the second ones are the same."""

    def __init__(self, engine: Engine, lane: Lane) -> None:
        self._engine, self._lane = engine, lane
        self.held: dict[tuple[int, str], _Held] = {}

    def hold(
        self, lane: Lane, item: Item, outcome: Outcome, judgement: Judgement, confirmed: str, facts: Sequence[Fact]
    ) -> None:
        """Take a judged first answer."""
        bare = replace(outcome, arrays=()) if isinstance(outcome, Returned) else outcome
        self.held[item.number, item.case.id] = _Held(item, bare, digest(outcome), judgement, confirmed, facts)
        self._engine.held[lane.label] = len(self.held)

    def compare(self, lane: Lane, job: Job, item: Item, outcome: Outcome) -> None:
        """Take a second answer."""
        self._engine.held[lane.label] += 1
        held = self.held.get((item.number, item.case.id))
        if held is None:
            return
        if held.confirmed and not job.alone:
            # The first answer came from the case alone, which a compiler may treat differently.
            lane.submit(job.again(item), first=True)
        elif digest(outcome) != held.bits:
            held.others = "other bits" if isinstance(outcome, Returned) else digest(outcome)

    def conclude(self) -> None:
        """Make the records."""
        for held in self.held.values():
            first, confirmed = held.judgement, held.confirmed
            if held.others:
                was = f"{first.verdict}{f' ({first.message})' if first.message else ''}"
                first = Judgement("nondeterministic", f"{was}; in a fresh process: {held.others}")
                confirmed = "yes"
                held.facts = self._engine.known.foretold(self._lane, held.item.case, first.verdict, first.message)
            self._engine.conclude(self._lane, held.item, held.outcome, first, confirmed, held.facts)
        self.held.clear()
        del self._engine.held[self._lane.label]


def _groups(shards: Sequence[Shard], fills: int) -> Iterator[list[Shard]]:
    """The shards in groups of about ``HELD`` records; all targets of an op and aspect stay together."""
    group: list[Shard] = []
    size = 0
    for position, shard in enumerate(shards):
        group.append(shard)
        size += shard.planned(fills)
        following = shards[position + 1] if position + 1 < len(shards) else None
        together = following is not None and (following.op, following.aspect) == (shard.op, shard.aspect)
        if size >= HELD and not together:
            yield group
            group, size = [], 0
    if group:
        yield group
