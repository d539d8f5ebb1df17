"""Records that say the same thing, gathered into one difference with its smallest case."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from harness.model.verdicts import VERDICTS
from reports.matrix import aspect_rank, kind_of, rows, targets, worse
from reports.text import first_line, normalised

KIND_ORDER = ("new", "fault", "known")
FIRST_CASES = 5

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
)
_FIGURES = ("worst_index", "bad_elements", "elements", "rho", "max_abs_error", "max_ulp", "case")
_COLUMNS = (*_KEY_COLUMNS, *_EXAMPLE_COLUMNS, *_FIGURES)


@dataclass
class Difference:
    """Failing records of one op, aspect, target and verdict whose messages begin alike.

    ``kind`` is ``new``, ``known`` or ``fault``; ``example`` the columns of the smallest case (fewest
    elements over all its tensors); ``worst_rho`` is over all ``count`` records; ``confirmed`` counts
    those that failed again when run alone.
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
    size: int = -1
    case_ids: list[str] = field(default_factory=list)

    @property
    def case_id(self) -> str:
        return str(self.example["case_id"])

    @property
    def meaning(self) -> str:
        """What the verdict says, in words."""
        return VERDICTS[self.verdict]

    @property
    def headline(self) -> str:
        """The first line of the smallest case's message, or the verdict's meaning where there is none."""
        return first_line(str(self.example["message"])) or self.meaning


def differences(frame: pd.DataFrame, run: Mapping[str, Any]) -> list[Difference]:
    """New ones first, then faults, then known ones; within each by aspect, op, target, then most records."""
    found: dict[tuple[str, ...], Difference] = {}
    # Most records pass: only the others are turned into Python values.
    silent = ("pass", "unsupported", "undefined", "fallback")
    for values in rows(frame[~frame["verdict"].isin(silent)], _COLUMNS):
        row = dict(zip(_COLUMNS, values, strict=True))
        key = tuple(row[c] for c in _KEY_COLUMNS)
        kind = kind_of(row["verdict"], row["known"])
        _add(found.setdefault((*key, normalised(row["message"])), Difference(kind, *key)), row)
    order = targets(frame, run)
    return sorted(
        found.values(),
        key=lambda d: (KIND_ORDER.index(d.kind), aspect_rank(d.aspect), d.op, order.index(d.target), -d.count),
    )


def _add(group: Difference, row: dict[str, Any]) -> None:
    group.count += 1
    group.confirmed += row["confirmed"] == "yes"
    if row["rho"] is not None and worse(row["rho"], group.worst_rho):
        group.worst_rho = row["rho"]
    if len(group.case_ids) < FIRST_CASES and row["case_id"] not in group.case_ids:
        group.case_ids.append(row["case_id"])
    size = elements(row["shapes"])
    if not group.example or (size, row["case_id"]) < (group.size, group.case_id):
        group.example, group.size = row, size


def elements(shapes: str) -> int:
    """How many elements the tensors of a ``shapes`` cell have together: ``1x4x4x1;2x2`` has 20."""
    return sum(math.prod(int(n) for n in re.findall(r"\d+", shape)) for shape in shapes.split(";"))
