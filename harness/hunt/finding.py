"""Finding: one difference, its smallest case, and everything a person needs to act on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from opassay.harness.hunt.bench import Sign
from opassay.harness.hunt.failure import Failure
from opassay.harness.model.case import Case
from opassay.harness.model.traits import Trait
from opassay.harness.model.verdicts import severity


@dataclass(frozen=True)
class Predicate:
    """When a case shows a difference: it has all ``traits`` and fails on the targets of ``sign``, in its words."""

    sign: Sign
    traits: tuple[Trait, ...]

    def covers(self, failure: Failure, scope: frozenset[str]) -> bool:
        """Whether this predicate covers ``failure``, which was seen on the targets in ``scope``."""
        here = frozenset((label, words) for label, words in self.sign if label in scope)
        return failure.sign == here and all(trait.holds(failure.features) for trait in self.traits)

    def to_json(self) -> dict[str, Any]:
        return {"sign": sorted([*entry] for entry in self.sign), "traits": [trait.to_json() for trait in self.traits]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Predicate:
        sign = frozenset((str(label), str(words)) for label, words in data["sign"])
        return cls(sign, tuple(Trait.from_json(trait) for trait in data["traits"]))


LATER = ("fault", "when", "also")
"""Fields that findings of earlier versions lack."""


@dataclass(frozen=True)
class Finding:
    """Failing records that have one cause, as far as their answers tell.

    ``case`` is the smallest case that shows it; ``geometry`` is the same case with generated values. It was shrunk from
    the case with the id ``found_as``, with ``asked`` verdicts. Cases that one of ``predicates`` covers belong to the
    finding; ``records`` is their number in the run. ``case`` failed alone ``failed`` times in ``runs`` runs, with
    ``threads`` threads. ``expected`` and ``actual`` (by target) hold the wrong output whole if it is small; ``worst``
    the worst element. ``suspect_oracle``: all targets agree with each other and not with the oracle. ``reproductions``:
    one entry per script. ``fault``: an error of opassay during the hunt. ``when``: the condition under which it shows,
    with the number of new cases that tested it. ``also``: other ops, aspects and verdicts in which the same mistake
    shows; their records are counted here.
    """

    id: str
    op: str
    aspect: str
    verdict: str
    explained_by: str
    targets: tuple[str, ...]
    adapters: tuple[str, ...]
    versions: Mapping[str, str]
    records: int
    case: Case
    geometry: Case
    found_as: str
    message: str
    rho: float | None
    worst: Mapping[str, Any]
    expected: Any
    actual: Mapping[str, Any]
    suspect_oracle: bool
    failed: int
    runs: int
    threads: int
    asked: int
    predicates: tuple[Predicate, ...]
    reproductions: tuple[Mapping[str, Any], ...] = ()
    fault: str = ""
    when: str = ""
    also: tuple[str, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether it failed in every run alone."""
        return self.failed == self.runs

    @property
    def severity(self) -> tuple[int, bool]:
        """Sorts the gravest first."""
        return severity(self.verdict, self.case.empty)

    @property
    def rule(self) -> str:
        """For the aspect ``error``, the rule that its cases break."""
        return self.case.rule

    def covers(self, failure: Failure, scope: frozenset[str]) -> bool:
        """Whether ``failure``, which was seen on the targets in ``scope``, belongs to this finding."""
        case = failure.case
        return (case.op, case.aspect, case.rule, failure.verdict) == (
            self.op,
            self.aspect,
            self.rule,
            self.verdict,
        ) and any(predicate.covers(failure, scope) for predicate in self.predicates)

    def to_json(self) -> dict[str, Any]:
        out = {f.name: getattr(self, f.name) for f in fields(self)}
        # JSON has no infinity, which is the ratio of any error to an allowed error of 0.
        out["rho"] = self.rho if self.rho is None or math.isfinite(self.rho) else str(self.rho)
        out |= {"case": self.case.to_json(), "geometry": self.geometry.to_json()}
        out["predicates"] = [predicate.to_json() for predicate in self.predicates]
        out |= {name: list(out[name]) for name in ("targets", "adapters", "reproductions", "also")}
        return out | {name: dict(out[name]) for name in ("versions", "worst", "actual")}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """Raises ``ValueError`` when ``data`` does not describe a finding."""
        try:
            given: dict[str, Any] = {f.name: data[f.name] for f in fields(cls) if f.name in data or f.name not in LATER}
            given |= {name: Case.from_json(given[name]) for name in ("case", "geometry")}
            given["rho"] = None if given["rho"] is None else float(given["rho"])
            given["predicates"] = tuple(Predicate.from_json(predicate) for predicate in given["predicates"])
            given |= {name: tuple(given[name]) for name in ("targets", "adapters", "reproductions")}
            given["also"] = tuple(given.get("also", ()))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a finding of this version: {error}") from None
        return cls(**given)
