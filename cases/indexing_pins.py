"""Pins of ops that pick or sort elements: a small one each, by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from opassay.cases.movement_pins import X, small
from opassay.cases.pins import literal

ROW = literal((5,), (3, 1, 2, 3, 1))


def _at(shape: Sequence[int], *values: int) -> Any:
    return literal(shape, values, "int64")


TWO = literal((2, 2), (10, 20, 30, 40))

GATHER = small("gather", (_at((3,), 2, 0, 2), X), [[3, 1, 3], [6, 4, 6]], axis=1)
EMBEDDING = small("embedding", (_at((2, 1), 1, 0), X), [[[4, 5, 6]], [[1, 2, 3]]], integers=False)
GATHER_ELEMENTS = small("gather_elements", (_at((2, 2), 0, 2, 1, 1), X), [[1, 3], [5, 5]], axis=1)
GATHER_ND = small("gather_nd", (_at((2, 2), 0, 1, 1, 2), X), [2, 6])
INDEX_PUT = small(
    "index_put", (_at((2, 2), 0, 1, 0, 1), X, literal((2,), (10, 20))), [[1, 32, 3], [4, 5, 6]], accumulate=True
)
SCATTER_ELEMENTS = small("scatter_elements", (_at((2, 2), 0, 2, 1, 0), X, TWO), [[10, 2, 20], [40, 30, 6]], axis=1)
SCATTER_REDUCE = small(
    "scatter_reduce", (_at((2, 2), 0, 0, 1, 0), X, TWO), [[200, 2, 3], [160, 150, 6]], axis=1, reduction="mul"
)
INDEX_ADD = small("index_add", (_at((2,), 2, 2), X, TWO), [[1, 2, 33], [4, 5, 76]], axis=1)
MASKED_FILL = small("masked_fill", (literal((3,), (1, 0, 1), "bool"), X), [[2, 2, 2], [2, 5, 2]], fill=2)
ONE_HOT = small("one_hot", (_at((2,), 1, 0),), [[0, 1, 0], [1, 0, 0]], axis=-1, depth=3, to="float32")
DYNAMIC_SLICE = small("dynamic_slice", (_at((2,), 1, 1), X), [[5, 6]], sizes=(1, 2))
DYNAMIC_UPDATE_SLICE = small("dynamic_update_slice", (_at((2,), 0, 1), X, TWO), [[1, 10, 20], [4, 30, 40]])
NONZERO = small("nonzero", (literal((2, 3), (0, 2, 0, 4, 0, math.nan)),), [[0, 1], [1, 0], [1, 2]])
MASKED_SELECT = small("masked_select", (literal((2, 3), (0, 1, 0, 1, 0, 1), "bool"), X), [2, 4, 6])
UNIQUE = small("unique", (ROW,), [1, 2, 3])
SORT = small("sort", (ROW,), [3, 3, 2, 1, 1], axis=0, descending=True)
ARGSORT = small("argsort", (ROW,), [0, 3, 2, 1, 4], axis=0, descending=True)
TOPK = small("topk", (ROW,), [3, 3, 2], [0, 3, 2], k=3, smallest=False)
