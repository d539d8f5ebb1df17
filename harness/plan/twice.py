"""Determinism in every run: which geometries run twice in one process, and must give the same bits."""

from __future__ import annotations

from collections.abc import Mapping

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

TWICE, FIRST = 20, 1
"""One geometry in so many, from this one on: also of a run that asks two.

Pins, which hold few values that round, show no last bit that varies. In either half of a run, since that of several
threads shows most.
"""


def repeated(drawn: Mapping[int, Case]) -> frozenset[int]:
    """The numbers of a batch that run twice: in turn one of each float format, the most precise first."""
    formats = {number: _format(case) for number, case in drawn.items()}
    there = set(formats.values())
    turns = [name for name in _FINEST_FIRST if name in there] or [""]
    found = set[int]()
    for place in (number for number in drawn if number % TWICE == FIRST):
        wanted = turns[place // TWICE % len(turns)]
        rest = [(formats[number] != wanted, abs(number - place), number) for number in drawn if number not in found]
        found.add(min(rest)[2])
    return frozenset(found)


_FINEST_FIRST = sorted(dtypes.FORMATS, key=lambda name: -dtypes.FORMATS[name].precision)


def _format(case: Case) -> str:
    """The dtype of its floats, empty where it has none."""
    return next((t.dtype for t in case.all_tensors if dtypes.is_float(t.dtype)), "")
