"""The progress of a run, counted record by record, as one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from opassay.harness.model.verdicts import Record

Clock = Callable[[], float]
"""Seconds since some moment; never decreases."""

EARLY = 5.0
"""Seconds before an estimate is made."""


NONE: Mapping[str, int] = {}

TWICE = 0.5
"""Part of a record that one of two answers is."""


class Pace:
    """``planned``: the number of records by target. As text: progress, rate and time left.

    ``held``: by target, how many answers there are now of cases that are asked twice before they are recorded.
    """

    def __init__(self, planned: Mapping[str, int], clock: Clock, held: Mapping[str, int] = NONE) -> None:
        self._planned, self._clock, self._held = dict(planned), clock, held
        self._made: Counter[str] = Counter()
        self._began = clock()
        self.new = 0

    def add(self, record: Record) -> None:
        self._made[record.target] += 1
        self.new += record.new

    @property
    def done(self) -> int:
        return self._made.total()

    @property
    def total(self) -> int:
        return max(self.done, sum(self._planned.values()))

    @property
    def seconds(self) -> float:
        return self._clock() - self._began

    @property
    def left(self) -> float | None:
        """Seconds until the slowest target is done at its own rate; None before an estimate.

        Targets differ in rate: the rate of all together means nothing once the fast ones are done.
        """
        done = {target: self._made[target] + TWICE * self._held.get(target, 0) for target in self._planned}
        waiting = {target: planned - done[target] for target, planned in self._planned.items()}
        waiting = {target: count for target, count in waiting.items() if count > 0}
        if self.seconds < EARLY or not all(done[target] for target in waiting):
            return None
        return max((count * self.seconds / done[target] for target, count in waiting.items()), default=0.0)

    def __str__(self) -> str:
        left = "" if self.left is None else f", about {duration(self.left)} left"
        held = sum(self._held.values())
        twice = f", {held:,} answers of what is asked twice" if held else ""
        return f"{self.done:,} of {self.total:,} judged{twice}, {self.new:,} new, {self.rate}{left}"

    @property
    def rate(self) -> str:
        a_second = self.done / self.seconds if self.seconds > 0 else 0.0
        return f"{a_second:.1f} a second" if a_second < 10 else f"{a_second:,.0f} a second"


def duration(seconds: float) -> str:
    """``0:07``, ``12:30``, ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
