"""Records with the same message, grouped into one difference with its smallest case."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opassay.harness.model.messages import first_line, normalised
from opassay.harness.model.verdicts import VERDICTS, severity
from opassay.reports.data.rows import PLACE, Results, picked, rows
from opassay.reports.sections.matrix import aspect_rank, kind_of, targets, worse

KIND_ORDER = ("new", "fault", "listed", "known")
FIRST_CASES = 5
CASES_READ = 200
"""How many differences of a kind get the ``case`` of their example, which may be long."""

_KEY_COLUMNS = ("op", "aspect", "target", "verdict", "known")
_EXAMPLE_COLUMNS = (
    "case_id",
    "adapter",
    "message",
    "shapes",
    "dtype",
    "fill",
    "attrs",
    "error_type",
    "explained_by",
    "confirmed",
    "version_untested",
)
_FIGURES = ("worst_index", "bad_elements", "elements", "rho", "max_abs_error", "max_ulp")
_COLUMNS = (*_KEY_COLUMNS, *_EXAMPLE_COLUMNS, *_FIGURES)
_SILENT = ("pass", "unsupported", "undefined", "fallback")


@dataclass
class Difference:
    """Failing records of one op, aspect, target and verdict whose messages begin alike.

    ``kind`` is ``new``, ``listed``, ``known`` or ``fault``; ``example`` the columns of the smallest case (fewest
    elements over all its tensors, none of them empty where possible); ``worst_rho`` is over all ``count`` records;
    ``confirmed`` counts those that failed again when run alone; ``place`` is the example's row in the table.
    """

    kind: str
    op: str
    aspect: str
    target: str
    verdict: str
    known: str
    count: int = 0
    confirmed: int = 0
    worst_rho: float | None = None
    example: dict[str, Any] = field(default_factory=dict)
    size: tuple[bool, int] = (False, -1)
    place: int = -1
    case_ids: list[str] = field(default_factory=list)

    @property
    def case_id(self) -> str:
        return str(self.example["case_id"])

    @property
    def severity(self) -> tuple[int, bool]:
        """Sorts the gravest first."""
        return severity(self.verdict, empty(str(self.example["shapes"])))

    @property
    def meaning(self) -> str:
        """The meaning of the verdict."""
        return VERDICTS[self.verdict]

    @property
    def headline(self) -> str:
        """The first line of the smallest case's message, or the verdict's meaning without one."""
        return first_line(str(self.example["message"])) or self.meaning


def differences(table: Results, run: Mapping[str, Any]) -> list[Difference]:
    """In the order of ``KIND_ORDER``; within each the gravest first, then those with most records."""
    found: dict[tuple[str, ...], Difference] = {}
    # Most records pass: only the others are converted to Python values.
    for place, *values in rows(table, (PLACE, *_COLUMNS), skip={"verdict": _SILENT}):
        row = dict(zip(_COLUMNS, values, strict=True))
        key = tuple(row[c] for c in _KEY_COLUMNS)
        kind = kind_of(row["verdict"], row["known"], row["version_untested"])
        _add(found.setdefault((*key, normalised(row["message"])), Difference(kind, *key)), row, place)
    order = {target: number for number, target in enumerate(targets(table, run))}
    ordered = sorted(
        found.values(),
        key=lambda d: (KIND_ORDER.index(d.kind), d.severity, -d.count, aspect_rank(d.aspect), d.op, order[d.target]),
    )
    _add_cases(table, ordered)
    return ordered


def _add(group: Difference, row: dict[str, Any], place: int) -> None:
    group.count += 1
    group.confirmed += row["confirmed"] == "yes"
    if row["rho"] is not None and worse(row["rho"], group.worst_rho):
        group.worst_rho = row["rho"]
    if len(group.case_ids) < FIRST_CASES and row["case_id"] not in group.case_ids:
        group.case_ids.append(row["case_id"])
    size = empty(row["shapes"]), elements(row["shapes"])
    if not group.example or (size, row["case_id"]) < (group.size, group.case_id):
        group.example, group.size, group.place = row, size, place


def _add_cases(table: Results, ordered: Sequence[Difference]) -> None:
    """Read the cases of the examples that may be shown: one pass over the longest column."""
    first = [d for kind in KIND_ORDER for d in [d for d in ordered if d.kind == kind][:CASES_READ]]
    cases = picked(table, "case", {d.place for d in first})
    for d in ordered:
        d.example["case"] = cases.get(d.place, "")


def elements(shapes: str) -> int:
    """The total number of elements of a ``shapes`` cell: ``1x4x4x1;2x2`` has 20."""
    return sum(math.prod(int(n) for n in re.findall(r"\d+", shape)) for shape in shapes.split(";"))


def empty(shapes: str) -> bool:
    """Whether a tensor of a ``shapes`` cell is empty, as ``0x4`` is."""
    return re.search(r"\b0\b", shapes.replace("x", " ")) is not None
