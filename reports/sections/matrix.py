"""Counts per op, target and aspect: each record in exactly one of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opassay.harness.model.case import ASPECTS
from opassay.harness.model.fact import BY_DESIGN, apart
from opassay.harness.model.verdicts import FAILING, VERDICTS
from opassay.reports.data.rows import Results, distinct, rows

KINDS = ("passed", "new", "listed", "known", "unsupported", "undefined", "fallback", "fault")
"""How a record counts. ``new``, ``listed`` (new, in an untested version) and ``known`` are differences."""

STATES = {
    "new": "a difference that no known difference covers",
    "fault": "a fault of opassay or of the adapter",
    "incomplete": "fewer records than planned",
    "listed": "a new difference in an untested version: not red",
    "known": "only known differences",
    "pass": "every answer agrees",
    "unjudged": "nothing was judged: unsupported, undefined, or computed by something else",
    "absent": "the adapter does not have the op",
    "empty": "no case was planned",
}
FIRST_CASES = 5


@dataclass
class Tally:
    """How many records of each kind, and how many were planned.

    ``judged`` is the numerator of every rate: answers that were compared, right or wrong. ``missing`` is planned minus
    recorded. ``by_design`` counts those of ``passed`` and ``known`` where the framework defines the answer in its own
    way. ``not_planned`` is no part of ``planned``: cases of other targets that this one skips, since its mode compiles
    each of them for seconds. ``worst_rho`` is over passes and new differences, since known ones do not depend on this
    run; NaN counts as the worst.
    """

    planned: int = 0
    not_planned: int = 0
    passed: int = 0
    new: int = 0
    listed: int = 0
    known: int = 0
    unsupported: int = 0
    undefined: int = 0
    fallback: int = 0
    fault: int = 0
    by_design: int = 0
    worst_rho: float | None = None
    worst_case: str = ""
    seconds: float = 0.0
    new_cases: list[str] = field(default_factory=list)
    fault_cases: list[str] = field(default_factory=list)

    @property
    def judged(self) -> int:
        return self.passed + self.new + self.listed + self.known

    @property
    def recorded(self) -> int:
        return sum(getattr(self, kind) for kind in KINDS)

    @property
    def missing(self) -> int:
        return max(0, self.planned - self.recorded)

    @property
    def total(self) -> int:
        """The denominator: the planned records, or the recorded ones if there are more."""
        return max(self.planned, self.recorded)

    @property
    def ran(self) -> str:
        return f"ran {self.judged:,} of {self.total:,}"


@dataclass
class Cell(Tally):
    """One op on one target under one aspect."""

    op: str = ""
    aspect: str = ""
    target: str = ""
    absent: bool = False

    @property
    def state(self) -> str:
        """The gravest key of ``STATES``. A cell without a judged answer is never ``pass``."""
        if self.new or self.fault:
            return "new" if self.new else "fault"
        if self.missing:
            return "incomplete"
        if self.judged:
            return "listed" if self.listed else "known" if self.known else "pass"
        return "unjudged" if self.recorded else "absent" if self.absent else "empty"


def kind_of(verdict: str, known: str, untested: str = "") -> str:
    """The kind a record counts as; ``ValueError`` for a verdict that opassay does not have."""
    if verdict not in VERDICTS:
        raise ValueError(f"unknown verdict {verdict!r}; expected one of {', '.join(VERDICTS)}")
    if verdict in FAILING:
        return "known" if known else "listed" if untested else "new"
    return "passed" if verdict == "pass" else verdict


def worse(rho: float, than: float | None) -> bool:
    """Whether ``rho`` is worse; NaN is worse than infinity."""
    return than is None or (not math.isnan(than) and (math.isnan(rho) or rho > than))


def matrix(table: Results, run: Mapping[str, Any]) -> list[Cell]:
    """One cell per op, aspect and target that was planned or recorded, by aspect, op and target."""
    cells: dict[tuple[str, str, str], Cell] = {}
    for shard in run["shards"]:
        cell = _cell(cells, shard["op"], shard["aspect"], shard["target"])
        cell.planned += int(shard["planned"])
        cell.not_planned += int(shard.get("not_planned", 0))
        cell.absent = cell.absent or bool(shard.get("absent"))
    own = {known["id"] for known in run["known"] if known.get("owner") == BY_DESIGN}
    columns = ("op", "aspect", "target", "verdict", "known", "version_untested", "choice", "rho", "seconds", "case_id")
    for op, aspect, target, verdict, known, untested, choice, *figures in rows(table, columns):
        kind, cell = kind_of(verdict, known, untested), _cell(cells, op, aspect, target)
        cell.by_design += own.issuperset(apart(known)) if kind == "known" else kind == "passed" and choice != ""
        _add(cell, kind, *figures)
    order = targets(table, run)
    return sorted(cells.values(), key=lambda c: (aspect_rank(c.aspect), c.aspect, c.op, order.index(c.target)))


def _cell(cells: dict[tuple[str, str, str], Cell], op: str, aspect: str, target: str) -> Cell:
    return cells.setdefault((op, aspect, target), Cell(op=op, aspect=aspect, target=target))


def _add(cell: Cell, kind: str, rho: float | None, seconds: float | None, case_id: str) -> None:
    setattr(cell, kind, getattr(cell, kind) + 1)
    cell.seconds += seconds or 0.0
    first = {"new": cell.new_cases, "fault": cell.fault_cases}.get(kind)
    if first is not None and len(first) < FIRST_CASES and case_id not in first:
        first.append(case_id)
    if kind in ("passed", "new", "listed") and rho is not None and worse(rho, cell.worst_rho):
        cell.worst_rho, cell.worst_case = rho, case_id


def total(cells: Iterable[Cell]) -> Tally:
    """The sum of all cells; a surplus in one cell does not offset what is missing in another."""
    out = Tally()
    for cell in cells:
        out.planned += cell.total
        out.not_planned += cell.not_planned
        out.seconds += cell.seconds
        for kind in (*KINDS, "by_design"):
            setattr(out, kind, getattr(out, kind) + getattr(cell, kind))
        if cell.worst_rho is not None and worse(cell.worst_rho, out.worst_rho):
            out.worst_rho, out.worst_case = cell.worst_rho, cell.worst_case
    return out


def added(cells: Sequence[Cell]) -> Cell:
    """All of ``cells`` as one: absent where each is."""
    return Cell(**vars(total(cells)), absent=all(cell.absent for cell in cells))


def targets(table: Results, run: Mapping[str, Any]) -> list[str]:
    """Every requested target, in the order of the run, then any other in the table."""
    planned = [*run["targets"], *(shard["target"] for shard in run["shards"])]
    return list(dict.fromkeys([*planned, *sorted(distinct(table, "target"))]))


def aspect_rank(aspect: str) -> int:
    return ASPECTS.index(aspect) if aspect in ASPECTS else len(ASPECTS)
