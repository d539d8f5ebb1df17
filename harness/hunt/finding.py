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
    """When a case shows a difference: it has all ``traits``, and fails on the targets of ``sign``, in its words."""

    sign: Sign
    traits: tuple[Trait, ...]

    def covers(self, failure: Failure, scope: frozenset[str]) -> bool:
        """Whether ``failure``, which says what happened on the targets in ``scope``, is as this says."""
        here = frozenset((label, words) for label, words in self.sign if label in scope)
        return failure.sign == here and all(trait.holds(failure.features) for trait in self.traits)

    def to_json(self) -> dict[str, Any]:
        return {"sign": sorted([*entry] for entry in self.sign), "traits": [trait.to_json() for trait in self.traits]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Predicate:
        sign = frozenset((str(label), str(words)) for label, words in data["sign"])
        return cls(sign, tuple(Trait.from_json(trait) for trait in data["traits"]))


LATER = ("fault", "when", "also")
"""What findings of earlier versions lack."""


@dataclass(frozen=True)
class Finding:
    """Failing records that have one cause, as far as can be told from outside.

    ``case`` is the smallest case that shows it, ``geometry`` the same with generated values, ``found_as`` the id of
    the case that it was shrunk from, by ``asked`` verdicts. A case that one of ``predicates`` covers belongs to the
    finding; ``records`` counts what the run recorded of it. ``failed`` of ``runs``: how often ``case`` failed alone,
    with ``threads`` threads. ``expected`` and ``actual`` (by target) hold the whole output that is wrong where it is
    small; ``worst`` the worst element. ``suspect_oracle``: all targets agree with one another, against the oracle.
    ``reproductions``: one entry per script. ``fault``: what opassay did wrong while it looked at the difference.
    ``when``: what a case has that shows it, and on how many new cases that was tested. ``also``: in which other ops,
    aspects and verdicts the same mistake shows, whose records are counted here, too.
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
        """Whether it failed each time it was run alone."""
        return self.failed == self.runs

    @property
    def severity(self) -> tuple[int, bool]:
        """How grave it is: the gravest sorts first."""
        return severity(self.verdict, self.case.empty)

    @property
    def rule(self) -> str:
        """The rule that its cases break, for the aspect ``error``."""
        return self.case.rule

    def covers(self, failure: Failure, scope: frozenset[str]) -> bool:
        """Whether ``failure``, which says what happened on the targets in ``scope``, belongs to this finding."""
        case = failure.case
        return (case.op, case.aspect, case.rule, failure.verdict) == (
            self.op,
            self.aspect,
            self.rule,
            self.verdict,
        ) and any(predicate.covers(failure, scope) for predicate in self.predicates)

    def to_json(self) -> dict[str, Any]:
        out = {f.name: getattr(self, f.name) for f in fields(self)}
        # JSON has no infinity, which is what a wrong element amounts to where no error is allowed.
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
