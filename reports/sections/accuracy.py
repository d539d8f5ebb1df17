"""How near each op came to its bound: the distribution of error ÷ allowed error per op, dtype and target."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from opassay.reports.data.rows import Results, rows
from opassay.reports.sections.matrix import kind_of, targets, worse

EDGES = (0.0, 1e-3, 10**-2.5, 1e-2, 10**-1.5, 1e-1, 10**-0.5, 1.0, 10.0, math.inf)
"""Upper ends of the bins of ``Rho.bins``; one more bin holds NaN. 1 is the bound, the first bin is exact answers."""
PASSING_BINS = EDGES.index(1.0) + 1

_COLUMNS = ("op", "dtype", "target", "verdict", "known", "rho", "case_id")


def _no_bins() -> list[int]:
    return [0] * (len(EDGES) + 1)


@dataclass
class Rho:
    """How near one op came to the bound per target and dtype: error ÷ allowed error, 1 is the bound.

    ``passing`` is the largest among passes, ``failing`` the largest among new differences; known ones are left out,
    since their errors do not depend on this run. ``bins`` counts the answers of both between ``EDGES``.
    """

    op: str
    dtype: str
    target: str
    judged: int = 0
    passing: float | None = None
    passing_case: str = ""
    failing: float | None = None
    failing_case: str = ""
    bins: list[int] = field(default_factory=_no_bins)


def rho_table(table: Results, run: Mapping[str, Any]) -> list[Rho]:
    """The distribution and the worst rho per op, dtype and target over all aspects, of judged records with a rho."""
    found: dict[tuple[str, str, str], Rho] = {}
    for op, dtype, target, verdict, known, rho, case_id in rows(table, _COLUMNS):
        kind = kind_of(verdict, known)
        if kind not in ("passed", "new", "listed") or rho is None:
            continue
        names = dtype_names(dtype)
        entry = found.get((op, names, target))
        if entry is None:
            entry = found[op, names, target] = Rho(op, names, target)
        _add(entry, kind, rho, case_id)
    order = targets(table, run)
    return sorted(found.values(), key=lambda r: (r.op, r.dtype, order.index(r.target)))


def _add(entry: Rho, kind: str, rho: float, case_id: str) -> None:
    entry.judged += 1
    entry.bins[len(EDGES) if math.isnan(rho) else bisect_left(EDGES, rho)] += 1
    which = "passing" if kind == "passed" else "failing"
    if worse(rho, getattr(entry, which)):
        setattr(entry, which, rho)
        setattr(entry, f"{which}_case", case_id)


@lru_cache(maxsize=1024)
def dtype_names(dtype: str) -> str:
    """The distinct dtypes of a record's tensors."""
    return "+".join(sorted(set(dtype.split(";"))))


def nearest(rhos: Sequence[Rho], count: int) -> list[Rho]:
    """The combinations with the largest passing rho, largest first."""
    ranked = sorted((r for r in rhos if r.passing), key=lambda r: (-(r.passing or 0.0), r.op, r.dtype, r.target))
    return ranked[:count]


def bars(bins: Sequence[int], width: float = 8.0, height: float = 24.0) -> tuple[str, str]:
    """Two SVG paths, of the bins within the bound and of those beyond: bars whose area grows as the root of the
    share, so that a few answers near the bound still show beside thousands of exact ones."""
    total = sum(bins)
    shapes = []
    for place, count in enumerate(bins):
        tall = round(height * math.sqrt(count / total), 1) if count else 0.0
        shapes.append(f"M{place * width:g} {height:g}v-{max(tall, 1.5):g}h{width - 1:g}V{height:g}z" if count else "")
    return "".join(shapes[:PASSING_BINS]), "".join(shapes[PASSING_BINS:])
