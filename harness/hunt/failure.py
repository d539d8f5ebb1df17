"""Failure: one case that failed with one verdict, on some targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from opassay.harness.hunt.bench import Sign, labels_of, wording
from opassay.harness.model.case import Case
from opassay.harness.model.traits import Feature, Place, features
from opassay.harness.model.verdicts import Record, severity

FailureKey = tuple[str, str]
"""Case id and verdict."""


@dataclass(frozen=True)
class Failure:
    """``case`` failed with ``verdict`` on the targets of ``sign``.

    ``records`` of the run show it; ``message`` is that of the first. ``number``: the case's number in the stream.
    ``cause``: the mistake by which the run could reproduce the answer, if any.
    """

    case: Case
    number: int
    verdict: str
    sign: Sign
    records: int = 1
    message: str = ""
    cause: str = ""

    @property
    def key(self) -> FailureKey:
        return self.case.id, self.verdict

    @property
    def kind(self) -> tuple[str, ...]:
        """Failures of different kinds never belong to one finding."""
        told = (f"{label} {words}" for label, words in sorted(self.sign))
        return (self.case.op, self.case.aspect, self.case.rule, self.verdict, *told)

    @property
    def hallmark(self) -> tuple[object, ...]:
        """Failures with the same one probably have one cause: a mistake, in whatever op and verdict, or an error's
        words."""
        labels = labels_of(self.sign)
        if self.cause:
            return labels, self.cause
        if any(words for _, words in self.sign):
            return self.sign, self.verdict
        return labels, self.case.op, self.case.aspect, self.case.rule, self.verdict

    @property
    def severity(self) -> tuple[int, bool]:
        """Sorts the gravest first."""
        return severity(self.verdict, self.case.empty)

    @property
    def order(self) -> tuple[bool, int, str]:
        """Smallest first. Pins come last: they are not drawn, so they shrink less."""
        return (self.number < 0, self.case.size, self.case.id)

    @cached_property
    def features(self) -> Mapping[Place, Feature]:
        return features(self.case)


def failures(records: Iterable[Record]) -> list[Failure]:
    """The new differences among ``records``, one per case and verdict."""
    first: dict[FailureKey, Record] = {}
    signs: dict[FailureKey, set[tuple[str, str]]] = {}
    counts: dict[FailureKey, int] = {}
    for record in records:
        if record.new:
            key = record.case_id, record.verdict
            first.setdefault(key, record)
            words = wording(record.verdict, record.error_type, record.message)
            signs.setdefault(key, set()).add((record.target, words))
            counts[key] = counts.get(key, 0) + 1
    return [
        Failure(Case.loads(r.case), r.number or 0, r.verdict, frozenset(signs[key]), counts[key], r.message, r.cause)
        for key, r in first.items()
    ]
