"""Shrinking: from a failing case to a small one that fails in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from opassay.harness.hunt.asking import Asking, Fails
from opassay.harness.hunt.draws import shrink_draws
from opassay.harness.hunt.values import fewest_values, halved, plainer
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op, refusal

LIMIT = 200
"""Number of verdicts that shrinking one failure may take. Not seconds, so that a slower machine finds the same case."""

FOR_DRAWS = 0.75
"""Share of the verdicts for the geometry. The values get the rest."""


@dataclass(frozen=True)
class Shrunk:
    """``geometry``: the smallest case with generated values; ``case``: the one with the fewest values; ``asked``:
    verdicts."""

    case: Case
    geometry: Case
    asked: int


Tells = Callable[[Case], frozenset[str]]
"""Returns the mistakes that fit the answer to a case."""


def shrink(
    op: Op,
    case: Case,
    seed: int,
    number: int,
    fails: Fails,
    limit: int = LIMIT,
    values: bool = True,
    tells: Tells | None = None,
) -> Shrunk:
    """The smallest case that ``fails`` as ``case`` does, which is number ``number`` of the stream of ``seed``.

    ``fails``: whether a case still shows the same difference. A case that is not of the stream (a pin) keeps its
    geometry. Without ``values``, the values stay generated. If ``tells`` names one mistake, values are not simplified
    until it names others, or none. A case that breaks the contract keeps breaking it in the same way.
    """
    known = {case.id: True}
    breach = _breach(op, case)

    def asking(limit: int) -> Asking:
        return Asking(lambda c: known.get(c.id) or fails(c), limit, lambda c: _breach(op, c) == breach)

    drawing = asking(max(1, int(limit * FOR_DRAWS)))
    smaller = halved(shrink_draws(op, case, seed, number, drawing), drawing)
    finishing = asking(limit - drawing.asked)
    geometry = plainer(smaller, finishing)
    smallest = fewest_values(geometry, _telling(finishing, tells, geometry)) if values else geometry
    return Shrunk(smallest, geometry, drawing.asked + finishing.asked)


def _telling(fails: Asking, tells: Tells | None, geometry: Case) -> Fails:
    names = tells(geometry) if tells else frozenset()
    if tells is None or len(names) != 1:
        return fails
    return lambda case: fails(case) and tells(case) == names


def _breach(op: Op, case: Case) -> list[str]:
    """The oracle's objection to ``case``, without the case's shapes, dtypes and amounts.

    A minus sign stays: an index below its range is another mistake than one above it.
    """
    told = refusal(op, case) if case.aspect == "error" else ""
    return re.findall(r"\b[A-Za-z_]{3,}\b|-(?=\d)", told)
