"""Ops that sort elements."""

from __future__ import annotations

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases import indexing_pins as pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.arranged import SORTED, Call, Shape
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import but, one_axis
from opassay.cases.signatures.attributes import flag, integer
from opassay.cases.signatures.moves import ALONG, AXIS, same
from opassay.cases.signatures.rules import More


def _axis(shape: Shape, way: str) -> Call:
    return {"axis": ALONG[way](len(shape))}, (shape,)


DESCENDING = flag("whether the largest comes first", (False, True))
RANKS = (2, 1, 3, 2, 4, 5)

sort = arranging(
    "sort",
    lambda x, axis, descending: bounded.in_order(x, axis, descending),
    "The elements along an axis, the smallest first, or the largest; a NaN is the largest.",
    _axis,
    same,
    ways=tuple(ALONG),
    ranks=RANKS,
    dtypes=kinds.NUMBERS,
    values=SORTED,
    attributes={"axis": AXIS, "descending": DESCENDING},
    rules=one_axis(),
    pins=pins.SORT,
    traits=("orders",),
)
argsort = arranging(
    "argsort",
    lambda x, axis, descending: bounded.order(x, axis, descending),
    "Where the elements of sort come from; of equals, the first comes first.",
    _axis,
    same,
    ways=tuple(ALONG),
    ranks=RANKS,
    dtypes=kinds.NUMBERS,
    values=SORTED,
    output="int64",
    attributes={"axis": AXIS, "descending": DESCENDING},
    rules=one_axis(),
    pins=pins.ARGSORT,
    traits=("orders",),
)


def _best(x: Real, k: int, smallest: bool) -> tuple[Real, Real]:
    return bounded.part(bounded.in_order(x, -1, not smallest), k), bounded.part(bounded.order(x, -1, not smallest), k)


topk = arranging(
    "topk",
    _best,
    "The k largest along the last axis, in order, and where they are: of equals the first; a NaN is the largest.",
    lambda shape, way: ({"k": min(way, shape[-1])}, (shape,)),
    lambda a, s: [(*s[0][:-1], a["k"])] * 2,
    ways=(1, 2, 5, 0, 10**6, 17),
    ranks=RANKS,
    dtypes=kinds.NUMBERS,
    values=SORTED,
    outputs={"values": "", "indices": "int64"},
    attributes={
        "k": integer("a whole number, no larger than the extent"),
        "smallest": flag("whether the smallest are wanted", (False, False, True)),
    },
    rules=(
        More(
            "TooMany",
            "k is no larger than the extent",
            lambda a, xs: a["k"] <= xs[0].shape[-1],
            lambda case: but(case, k=case.tensors[0].shape[-1] + 1),
        ),
        More("CountNegative", "k is at least 0", lambda a, _: a["k"] >= 0, lambda case: but(case, k=-1)),
    ),
    pins=pins.TOPK,
    traits=("orders",),
)
