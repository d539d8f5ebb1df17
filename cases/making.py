"""Ops that make tensors; only the shape and dtype of their input count."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.cases import making_pins as pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.attributes import integer
from opassay.cases.signatures.moves import same

WAYS = ((0, 1), (3, 2), (-5, -1), (10, -3), (-2, 7))
"""Integer starts and steps: the number of elements must not depend on rounding."""

arange = arranging(
    "arange",
    lambda x, start, step: bounded.counted(x, start, step),
    "The numbers start, start + step, and so on, in x's dtype, as many as x, a vector, is long.",
    lambda shape, way: ({"start": way[0], "step": way[1]}, (shape,)),
    same,
    ways=WAYS,
    ranks=(1,),
    dtypes=(*kinds.FLOATING, "int32", "int32", "int64", "int64"),
    attributes={"start": integer("a whole number"), "step": integer("a whole number but 0")},
    pins=pins.ARANGE,
    differentiable=False,
    traits=("counts",),
)
full = arranging(
    "full",
    lambda x, fill: bounded.arranged((bounded.filled(x, fill),), lambda a: np.broadcast_to(a, x.shape)),
    "fill, in x's dtype, in each place that x has.",
    lambda shape, way: ({}, (shape,)),
    same,
    ranks=(2, 3, 1, 4, 5, 0),
    attributes={"fill": integer("a whole number", (0, 1, 2, 100))},
    pins=pins.FULL,
    differentiable=False,
    traits=("fills",),
)
