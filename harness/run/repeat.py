"""Determinism: what ran is run again in fresh processes, and every bit must be the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.judge.compare import Judgement
from harness.model.outcome import Outcome, Returned
from harness.model.verdicts import Record
from harness.run.bits import digest
from harness.run.engine import Engine
from harness.run.feeds import Key
from harness.run.job import Job
from harness.run.lane import Lane
from harness.run.plan import Item, Shard

HELD = 20_000
"""Records that wait in memory for their second answer; then the workers are replaced once."""

POISONS = ("85", "170")
"""In turn, what glibc fills freed memory with, so that memory nobody wrote to holds other bits each time.

Source: https://man7.org/linux/man-pages/man3/mallopt.3.html (``MALLOC_PERTURB_``)
"""


@dataclass
class _Held:
    """A judged answer that waits for the second one; ``outcome`` without its arrays."""

    lane: Lane
    item: Item
    outcome: Outcome
    bits: str
    judgement: Judgement
    confirmed: str
    others: str = ""


class Repeats:
    """Runs shards twice, the second time in fresh workers; with ``poison``, freed memory is overwritten."""

    def __init__(self, engine: Engine, poison: bool) -> None:
        self._engine, self._poison = engine, poison
        self._held: dict[Key, _Held] = {}
        self._renewed = 0

    def run(self, shards: Sequence[Shard], done: frozenset[Key] = frozenset()) -> Iterator[Record]:
        """Records of all shards; one whose answers differ is ``nondeterministic``."""
        for group in _groups(shards, self._engine.settings.fills):
            self._engine.hold = self._hold
            # Every record is held, so this yields none.
            list(self._engine.run(group, done))
            self._engine.hold = None
            if self._held:
                self._again(group, done)
                yield from self._concluded()

    def _hold(self, lane: Lane, item: Item, outcome: Outcome, judgement: Judgement, confirmed: str) -> None:
        bare = replace(outcome, arrays=()) if isinstance(outcome, Returned) else outcome
        self._held[lane.label, item.number, item.case.id] = _Held(
            lane, item, bare, digest(outcome), judgement, confirmed
        )

    def _again(self, group: Sequence[Shard], done: frozenset[Key]) -> None:
        self._engine.renew({"MALLOC_PERTURB_": POISONS[self._renewed % 2]} if self._poison else {})
        self._renewed += 1
        self._engine.listen = self._compare
        list(self._engine.run(group, done))
        self._engine.listen = None

    def _compare(self, lane: Lane, job: Job, item: Item, outcome: Outcome) -> None:
        held = self._held.get((lane.label, item.number, item.case.id))
        if held is None:
            return
        if held.confirmed and not job.alone:
            # Its first answer is that of a case alone, and a compiler may treat one alone otherwise.
            lane.submit(Job(job.op, [item], alone=True), first=True)
        elif digest(outcome) != held.bits:
            held.others = "other bits" if isinstance(outcome, Returned) else digest(outcome)

    def _concluded(self) -> Iterator[Record]:
        for held in self._held.values():
            first, confirmed = held.judgement, held.confirmed
            if held.others:
                was = f"{first.verdict}{f' ({first.message})' if first.message else ''}"
                first = Judgement("nondeterministic", f"{was}; in a fresh process: {held.others}")
                confirmed = "yes"
            yield self._engine.conclude(held.lane, held.item, held.outcome, first, confirmed)
        self._held.clear()


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
