"""Cases of scatter_nd."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from opassay.adapters.oracle.judged import judged
from opassay.cases import array_pins, array_rules, end_pins, fillings, fitting, gradient_pins, tables
from opassay.harness.model.case import Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op

DEPTHS = ((1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (4, 1), (4, 2), (4, 3), (4, 4))
"""(rank of the output, how many of its axes are indexed)."""

EXTENTS = (1, 2, 3, 3, 4, 5, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65)
LEADS = ((1,), (2,), (3,), (5,), (8,), (17,), (33,), (65,), (257,), (2, 3), (5, 7), (16, 4), (2, 1, 3), ())
"""Shapes of the list of indices; more indices than places guarantee duplicates."""

EMPTY = ("",) * 95 + ("lead", "lead", "slice", "slice", "slice")


def _scatter(
    *,
    kinds: tuple[str, ...],
    index_memory: Memory,
    updates_memory: Memory,
    dtype: str,
    index_dtype: str,
    depth: tuple[int, int],
    lead: tuple[int, ...],
    extents: tuple[int, ...],
    size: int,
    empty: str,
) -> Geometry:
    """A valid scatter near the draws."""
    rank, indexed = depth

    def cost(shape: Sequence[int]) -> tuple[int, int]:
        updates = math.prod((*lead, *shape[indexed:]))
        return max(math.prod(shape), updates, math.prod(lead) * indexed), updates

    budget = fitting.Budget(fitting.most_multiply_adds(dtype), wanted=size)
    shape = tuple(fitting.fit(extents[:rank], (1,) * rank, cost, budget))
    if empty == "slice" and indexed < rank:
        shape = (*shape[:-1], 0)
    elif empty:
        lead = (0, *lead[1:])
    positions = tables.index((*lead, indexed), index_dtype, Fill("positions", limits=shape[:indexed]), index_memory)
    updates = tables.data((*lead, *shape[indexed:]), dtype, updates_memory)
    geometry = tables.geometry("scatter_nd", (positions, updates), kinds, shape=shape)
    return fillings.summed(geometry, kinds, math.prod(lead), operands=1)


def _with_extents(*, a: int, b: int, c: int, d: int, **draws: object) -> Geometry:
    return _scatter(extents=(a, b, c, d), **draws)  # type: ignore[arg-type]


def scatter_geometries(
    dtypes: Sequence[str] = tables.ALL_DTYPES, sizes: Sequence[int] = tables.SIZES, empty: Sequence[str] = EMPTY
) -> Draw:
    """Valid cases of ``scatter_nd``."""
    return tables.drawn(
        _with_extents,
        kinds=fillings.SUM_KINDS,
        index_memory=tables.MEMORIES,
        updates_memory=tables.MEMORIES,
        dtype=dtypes,
        index_dtype=("int32", "int64"),
        depth=DEPTHS,
        lead=LEADS,
        a=EXTENTS,
        b=EXTENTS,
        c=EXTENTS,
        d=EXTENTS,
        size=sizes,
        empty=empty,
    )


def scatter_gradients(dtypes: Sequence[str] = tables.GRADIENT_DTYPES) -> Draw:
    """Cases of the gradient of ``scatter_nd``."""
    return tables.gradients(scatter_geometries(dtypes), lambda case: (case.attributes["shape"],))


BREACHES = array_rules.scatter_breaches()

scatter_nd = Op(
    "scatter_nd",
    **judged("scatter_nd"),
    numerics="linear",
    geometries=scatter_geometries,
    gradients=scatter_gradients,
    shapes=partial(scatter_geometries, sizes=tables.AS_DRAWN, empty=tables.often(EMPTY)),
    rules=tuple(breach.rule for breach in BREACHES),
    pins=(*array_pins.SCATTER_ND, *gradient_pins.SCATTER_ND, *end_pins.SCATTER_ND),
    attributes={"shape": "the whole shape of the output"},
    traits=("indexes", "sums"),
)
