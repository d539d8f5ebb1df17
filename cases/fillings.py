"""Which fills suit an op, and how many terms of a sum stay exact in a dtype."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from opassay.cases.fitting import MOST_MULTIPLY_ADDS
from opassay.cases.tables import data_dtype, distinct
from opassay.harness.model import dtypes
from opassay.harness.model.case import Geometry
from opassay.harness.model.fills import EXACT_KINDS, WHOLE, Fill

NARROW = ("float16", "bfloat16")
"""Dtypes whose longer sums have a useless bound, if their partial sums are kept in them."""


def _kinds(exact: Sequence[str], rounding: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Every pair of first kinds, each followed by the others, exact and rounding in turn."""
    return tuple(
        _order(e, r, tuple(dict.fromkeys(exact)), tuple(dict.fromkeys(rounding))) for e in exact for r in rounding
    )


def _order(first: str, second: str, exact: tuple[str, ...], rounding: tuple[str, ...]) -> tuple[str, ...]:
    rest = zip((e for e in exact if e != first), (r for r in rounding if r != second), strict=True)
    return (first, second, *(kind for pair in rest for kind in pair))


SUM_KINDS = _kinds(
    ("ones", "iota", "ints", "ints", "ties"),
    ("normal", "normal", "normal", "wide", "wide", "cancel", "cancel", "special"),
)
"""For sums. A special value affects every sum it is part of, so it comes first less often."""

MOVE_KINDS = _kinds(
    ("ones", "iota", "iota", "ints", "ties", "ties"), ("normal", "normal", "wide", "cancel", "special", "special")
)
"""For ops that only move or select values: positions, ties and special values matter most."""


def kinds_for(kinds: tuple[str, ...], dtype: str) -> tuple[str, ...]:
    """The same kinds in an order that suits ``dtype``: integers do not round, so ``cancel`` comes last."""
    if dtypes.is_float(dtype) or "cancel" not in kinds[:2]:
        return kinds
    first, rounding = kinds[0], [k for k in kinds if k not in EXACT_KINDS and k != "cancel"]
    exact = [k for k in kinds if k in EXACT_KINDS and k != first]
    return (first, *(k for pair in zip(rounding, exact, strict=True) for k in pair), "cancel")


def most_terms(dtype: str) -> int:
    """The largest number of terms in a sum of ``dtype`` with a useful rounding bound: n · u is at most 1/4."""
    return int(0.25 / dtypes.FORMATS[dtype].unit_roundoff) if dtype in NARROW else MOST_MULTIPLY_ADDS


def summed(geometry: Geometry, kinds: tuple[str, ...], terms: int, operands: int = 2) -> Geometry:
    """``geometry`` with values that suit sums of up to ``terms`` products of so many ``operands`` of its dtype.

    The first fill keeps every partial sum exact even in a narrow dtype, so that each term shows. Sums too long for
    a bound have two such fills, with different places: 1 and -1, with zeros in between where even these are too many.
    """
    dtype = data_dtype(geometry.case)
    if not dtypes.is_float(dtype):
        return replace(geometry, kinds=kinds_for(kinds, dtype))
    if terms <= most_terms(dtype):
        fits = kinds[0] != "iota" or _exact_iota(dtype, terms, operands)
        return replace(geometry, kinds=kinds if fits else tuple(_LATE_IOTA.get(kind, kind) for kind in kinds))
    rounding = tuple(kind for kind in kinds if kind not in EXACT_KINDS)
    tensors = [replace(t, memory=distinct(t.memory)) for t in geometry.case.all_tensors]
    share = _share(dtype, terms)
    share = math.isqrt(WHOLE * share) if operands == 2 else share
    return Geometry(geometry.case.with_tensors(tensors), ("sparse", "sparse", *rounding), min(WHOLE, max(1, share)))


def sparse(dtype: str, terms: int) -> Fill:
    """Values of which so many have exact partial sums in ``dtype``."""
    return Fill("sparse", 1, limits=(min(WHOLE, max(1, _share(dtype, terms))),))


def _share(dtype: str, terms: int) -> int:
    return WHOLE * exact_terms(dtype) // terms


def _exact_iota(dtype: str, terms: int, operands: int) -> bool:
    """Whether sums of so many products of ``iota`` are exact: of its largest values, 61 in narrow dtypes and else 251.

    Where there is room for long sums, of the mean square, a third of that.
    """
    most = terms * 61**operands if dtype in NARROW else terms * 251**operands / 3
    return bool(most <= 2 ** dtypes.FORMATS[dtype].precision)


_LATE_IOTA = {"iota": "ints", "ints": "iota"}


def exact_terms(dtype: str) -> int:
    """How many random terms of 1 and -1 have exact partial sums in ``dtype``: m + 4√m of one sign are 2^precision.

    They are binomial: four standard deviations beyond the mean leave one sum in 30,000.
    """
    root = math.sqrt(4 + 2 ** dtypes.FORMATS[dtype].precision) - 2
    return int(2 * root**2)
