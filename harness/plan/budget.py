"""A time budget: which shards fit in it, and when no further shard starts."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from opassay.harness.find.located import UsageError
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import ANSWER, START, Shard, kind
from opassay.harness.store.durations import Durations

Question = tuple[str, str]
"""An op and an aspect, asked of all targets alike."""

Kind = tuple[str, str, str]
"""A target's label, an op and an aspect."""


@dataclass(frozen=True)
class ToCome:
    """How many records of each kind are still to come, and the seconds of each, of which only the ratios count."""

    records: Mapping[Kind, int]
    seconds: Mapping[Kind, float]


class Budget:
    """``seconds`` from its creation until no further shard starts.

    ``cut``: by target, the shards of which some part was not begun for lack of time.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._clock = seconds, clock
        self._end = clock() + seconds
        self.cut: set[tuple[Target, Question]] = set()

    def refuses(self, shard: Shard) -> bool:
        """Whether ``shard`` must not start any more; remembers it if so."""
        if self._clock() < self._end:
            return False
        self.cut.add((shard.target, (shard.op.name, shard.aspect)))
        return True


class Costs:
    """Seconds that shards take: as they did on this machine before, else as was measured on another one."""

    def __init__(
        self, durations: Durations, labels: Mapping[Target, str], fills: int, compiled: Collection[Target], cores: int
    ) -> None:
        self._durations, self._labels, self._fills = durations, labels, fills
        self._compiled = compiled
        # A duration from another machine is of one core, and targets without one of their own wait for each
        # other.
        self._crowd = max(1.0, len(labels) / cores)

    def start(self) -> float:
        """Until the last worker answers."""
        told = [self._durations.start(label) for label in self._labels.values()]
        return max(self._crowd * START if seconds is None else seconds for seconds in told)

    def answer(self, shard: Shard) -> float:
        """One of its answers."""
        each = self._durations.answer(self._labels[shard.target], shard.op.name, shard.aspect)
        return self._crowd * ANSWER[kind(shard.op), shard.target in self._compiled] if each is None else each

    def of(self, shard: Shard) -> float:
        """All its answers."""
        return self.answer(shard) * shard.planned(self._fills)


def fitting(shards: Sequence[Shard], costs: Costs, seconds: float) -> tuple[list[Shard], list[Shard]]:
    """The shards that fit in so many seconds, and the others; all targets are asked the same.

    What takes the slowest target least comes first, so that most ops and aspects are asked.
    Raises ``UsageError`` where not even one fits.
    """
    room = seconds - costs.start()
    spent, kept = defaultdict[Target, float](float), set[Question]()
    for question, asked in sorted(_together(shards).items(), key=lambda one: max(map(costs.of, one[1]))):
        if all(spent[shard.target] + costs.of(shard) <= room for shard in asked):
            kept.add(question)
            for shard in asked:
                spent[shard.target] += costs.of(shard)
    if not kept:
        least = costs.start() + min(max(map(costs.of, asked)) for asked in _together(shards).values())
        raise UsageError(
            f"a budget of {seconds:g} s is too little for anything: the workers start and answer the shortest "
            f"question in about {least:.0f} s; give more, or name fewer targets"
        )
    return [s for s in shards if _question(s) in kept], [s for s in shards if _question(s) not in kept]


def _together(shards: Iterable[Shard]) -> dict[Question, list[Shard]]:
    found: dict[Question, list[Shard]] = {}
    for shard in shards:
        found.setdefault(_question(shard), []).append(shard)
    return found


def _question(shard: Shard) -> Question:
    return shard.op.name, shard.aspect
