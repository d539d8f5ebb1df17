"""Pins of matmul, scatter_nd, relu and stop_gradient."""

from __future__ import annotations

import math

from opassay.cases.pins import BY_HAND, TUTORIAL, literal, pin

MATMUL = (
    pin(
        "row_by_column",
        "matmul",
        (literal((1, 2), (1, 2)), literal((2, 1), (9, 10))),
        ([[29]],),
        TUTORIAL.format(7),
    ),
    pin("no_inner_extent", "matmul", (literal((2, 0), ()), literal((0, 2), ())), ([[0, 0], [0, 0]],), BY_HAND),
    pin(
        "integers_wrap",
        "matmul",
        (literal((1, 2), (2**31 - 1, 2), "int32"), literal((2, 1), (2, 1), "int32")),
        ([[0]],),
        BY_HAND,
    ),
    # A zero of the left operand times an infinity is NaN, and so is the sum.
    pin(
        "zero_times_infinity",
        "matmul",
        (literal((2, 2), (0, 1, 1, 0)), literal((2, 2), (math.inf, 3, 2, 4))),
        ([[math.nan, 4], [math.inf, 3]],),
        BY_HAND,
    ),
)

SCATTER_ND = (
    pin(
        "repeated_indices_add",
        "scatter_nd",
        (literal((3, 1), (1, 1, 0), "int32"), literal((3,), (1, 2, 4))),
        ([4, 3, 0],),
        BY_HAND,
        shape=(3,),
    ),
    pin(
        "integers_wrap",
        "scatter_nd",
        (literal((2, 2), (1, 0, 1, 0), "int64"), literal((2,), (100, 100), "int8")),
        ([[0, 0], [-56, 0]],),
        BY_HAND,
        shape=(2, 2),
    ),
)

RELU = (
    pin(
        "kinks_and_specials",
        "relu",
        (literal((6,), (-1.5, 0, 2.5, math.nan, -math.inf, math.inf)),),
        ([0, 0, 2.5, math.nan, 0, math.inf],),
        BY_HAND,
    ),
)

STOP_GRADIENT = (
    pin(
        "passes_everything",
        "stop_gradient",
        (literal((4,), (-1.5, math.nan, -math.inf, 3)),),
        ([-1.5, math.nan, -math.inf, 3],),
        BY_HAND,
    ),
)
