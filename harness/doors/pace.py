"""The progress of a run, counted record by record, as one line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from opassay.harness.model.verdicts import Record
from opassay.harness.plan.budget import ToCome

Clock = Callable[[], float]
"""Seconds since some moment; never decreases."""

EARLY = 5.0
"""Seconds before an estimate is made."""


NONE: Mapping[str, int] = {}

TWICE = 0.5
"""Part of a record that one of two answers is."""


class Pace:
    """``planned``: the records to come. As text: progress, rate and time left.

    ``held``: by target, how many answers there are now of cases that are asked twice before they are recorded.
    """

    def __init__(self, planned: ToCome, clock: Clock, held: Mapping[str, int] = NONE) -> None:
        self._seconds, self._clock, self._held = planned.seconds, clock, held
        self._planned, self._made = Counter[str](), Counter[str]()
        self._work, self._worked = defaultdict[str, float](float), defaultdict[str, float](float)
        for kind, count in planned.records.items():
            self._planned[kind[0]] += count
            self._work[kind[0]] += count * planned.seconds[kind]
        self._began = clock()
        self.new = 0

    def add(self, record: Record) -> None:
        self._made[record.target] += 1
        self._worked[record.target] += self._seconds.get((record.target, record.op, record.aspect), 0.0)
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
        """Seconds until the slowest target is done, at its own rate; None before an estimate.

        Targets differ in rate: the rate of all together means nothing once the fast ones are done. So do ops: the part
        that is done is that of the seconds which all of it takes, by earlier runs or as measured elsewhere.
        """
        waiting = [target for target, planned in self._planned.items() if planned > self._made[target]]
        done = {target: self._part(target) for target in waiting}
        if self.seconds < EARLY or not all(done.values()):
            return None
        return max((self.seconds * (1 - part) / part for part in done.values()), default=0.0)

    def _part(self, target: str) -> float:
        """The part of a target's work that is done."""
        twice = TWICE * self._held.get(target, 0) / self._planned[target]
        whole = self._work[target]
        return min(1.0, (self._worked[target] / whole if whole else 0.0) + twice)

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
