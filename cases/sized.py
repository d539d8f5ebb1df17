"""Ops whose number of answer elements depends on the input's values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from opassay.adapters.oracle import bounded
from opassay.cases import indexing_pins as pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.arranged import Call, Shape, counted
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import shaped_as
from opassay.cases.signatures.rules import More
from opassay.harness.model.case import Tensor

RANKS = (2, 3, 1, 4, 5, 0)

nonzero = arranging(
    "nonzero",
    lambda x: bounded.nonzero(x),
    "The indices of each element that is not 0, a row each, in row-major order; NaN is not 0.",
    lambda shape, way: ({}, (shape,)),
    lambda a, s: [(math.prod(s[0]), len(s[0]))],
    ranks=RANKS,
    values=kinds.pairs(("sparse",), ("special", "bits", "ints", "normal")),
    share=64,
    output="int64",
    pins=pins.NONZERO,
    traits=("sized_by_values",),
)

TIMES: tuple[Callable[[int], int], ...] = (
    lambda n: n // 2,
    lambda n: n - n // 4,
    lambda n: min(n, 1),
    lambda n: n,
    lambda n: 0,
    lambda n: max(n - 1, 0),
)
"""How often a condition holds, out of so many elements."""


def _chosen(shape: Shape, times: Callable[[int], int]) -> Call:
    return {}, (counted(shape, times(math.prod(shape))), shape)


def _times(tensors: Sequence[Tensor]) -> Sequence[Shape]:
    return [(int(tensors[0].materialize().sum()),)]


masked_select = arranging(
    "masked_select",
    lambda condition, x: bounded.arranged((x,), lambda a: a[condition.value]),
    "The elements of x where the condition, of x's shape, holds, in row-major order.",
    _chosen,
    lambda a, s: [(math.prod(s[1]),)],
    inputs=("condition", "x"),
    ways=TIMES,
    ranks=RANKS,
    sized=_times,
    rules=(
        More(
            "ShapeMismatch",
            "the condition has the shape of x",
            lambda _, inputs: inputs[0].shape == inputs[1].shape,
            lambda case: shaped_as(case, 0, (*case.tensors[1].shape[:-1], case.tensors[1].shape[-1] + 1)),
        ),
    ),
    pins=pins.MASKED_SELECT,
    traits=("reads", "sized_by_values"),
)
unique = arranging(
    "unique",
    lambda x: bounded.distinct(x),
    "The values that there are in x, each once, the smallest first.",
    lambda shape, way: ({}, (shape,)),
    lambda a, s: [(math.prod(s[0]),)],
    ranks=RANKS,
    dtypes=kinds.NUMBERS,
    values=kinds.pairs(("ties", "ints", "iota"), ("normal", "wide")),
    differentiable=False,
    pins=pins.UNIQUE,
    traits=("orders", "sized_by_values"),
)
