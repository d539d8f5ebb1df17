"""From a failing case to a small one that fails in the same way."""

from __future__ import annotations

from dataclasses import dataclass

from harness.hunt.asking import Asking, Fails
from harness.hunt.draws import shrink_draws
from harness.hunt.values import fewest_values, plainer
from harness.model.case import Case
from harness.model.op import Op

LIMIT = 200
"""Verdicts that shrinking one failure may take. Not seconds, so that a slower machine finds the same case."""

FOR_DRAWS = 0.75
"""Share of them after which the geometry is left as it is, so that the values get their turn."""


@dataclass(frozen=True)
class Shrunk:
    """``geometry``: the smallest case with generated values; ``case``: with the fewest; ``asked``: verdicts it took."""

    case: Case
    geometry: Case
    asked: int


def shrink(op: Op, case: Case, seed: int, number: int, fails: Fails, limit: int = LIMIT, values: bool = True) -> Shrunk:
    """The smallest case found that ``fails`` as ``case`` does, which is number ``number`` of the stream of ``seed``.

    ``fails`` says whether a case still shows the same difference. A case that is not of the stream (a pin) keeps its
    geometry. With ``values`` false the values stay generated.
    """
    known = {case.id: True}
    drawing = Asking(lambda c: known.get(c.id) or fails(c), max(1, int(limit * FOR_DRAWS)))
    smaller = shrink_draws(op, case, seed, number, drawing)
    finishing = Asking(lambda c: known.get(c.id) or fails(c), limit - drawing.asked)
    geometry = plainer(smaller, finishing)
    smallest = fewest_values(geometry, finishing) if values else geometry
    return Shrunk(smallest, geometry, drawing.asked + finishing.asked)
