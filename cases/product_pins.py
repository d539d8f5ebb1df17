"""Pins of products, of small integers."""

from __future__ import annotations

import math

from opassay.cases.pins import BY_HAND, literal, pin
from opassay.harness.model.case import Case
from opassay.harness.model.op import Pin

BMM = (
    # [[1, 2], [3, 4]] and [[0, 1], [1, 0]], the second pair transposed.
    pin(
        "pairs",
        "bmm",
        (literal((2, 2, 2), (1, 2, 3, 4, 0, 1, 1, 0)), literal((2, 2, 2), (0, 1, 1, 0, 1, 2, 3, 4))),
        ([[[2, 1], [4, 3]], [[3, 4], [1, 2]]],),
        BY_HAND,
    ),
)
WIDENED = (
    # 3 · 127² = 48,387, beyond 16 bits.
    pin(
        "beyond_16_bits",
        "matmul_widened",
        (literal((1, 3), (127,) * 3, "int8"), literal((3, 2), (127, -128) * 3, "int8")),
        ([[48387, -48768]],),
        BY_HAND,
    ),
    pin(
        "beyond_float16",
        "matmul_widened",
        (literal((1, 2), (256, 1), "float16"), literal((2, 1), (512, 1), "float16")),
        ([[131073]],),
        BY_HAND,
    ),
    # 131,072 is beyond float16, and a quarter of it is not.
    Pin(
        "cotangent_of_32_bits",
        Case(
            "matmul_widened",
            (literal((1, 1), (0.25,), "float16"), literal((1, 1), (0.25,), "float16")),
            {},
            "gradient",
            cotangents=(literal((1, 1), (131072,)),),
        ),
        ([[32768]], [[32768]]),
        BY_HAND,
    ),
)
FLOAT8 = (
    # Both ties of float8_e4m3fn are rounded to even: 1.0625 to 1, and 1.1875 to 1.25.
    pin(
        "ties_of_e4m3",
        "matmul_float8",
        (literal((1, 3), (1.0625, 1.1875, 0.5)), literal((3, 1), (1, 4, 1))),
        ([[6.5]],),
        BY_HAND,
        to="float8_e4m3fn",
    ),
    # The smallest number is 2**-9.
    pin(
        "smallest_of_e4m3",
        "matmul_float8",
        (literal((1, 2), (3 * 2.0**-11, 0.0)), literal((2, 1), (256, 1))),
        ([[0.5]],),
        BY_HAND,
        to="float8_e4m3fn",
    ),
    # The largest numbers: 448, whose square is beyond float16, and 57,344.
    pin(
        "largest_of_e4m3",
        "matmul_float8",
        (literal((1, 2), (448, 448)), literal((2, 1), (448, 448))),
        ([[401408]],),
        BY_HAND,
        to="float8_e4m3fn",
    ),
    pin(
        "largest_of_e5m2",
        "matmul_float8",
        (literal((1, 2), (57344, 1)), literal((2, 1), (2, 1))),
        ([[114689]],),
        BY_HAND,
        to="float8_e5m2",
    ),
    # Beyond the largest number there is NaN in one format and infinity in the other.
    pin(
        "beyond_e4m3",
        "matmul_float8",
        (literal((1, 1), (480,)), literal((1, 1), (1,))),
        ([[math.nan]],),
        BY_HAND,
        to="float8_e4m3fn",
    ),
    pin(
        "beyond_e5m2",
        "matmul_float8",
        (literal((1, 1), (65536,)), literal((1, 1), (-1,))),
        ([[-math.inf]],),
        BY_HAND,
        to="float8_e5m2",
    ),
)
LINEAR = (
    pin(
        "rows_of_weights",
        "linear",
        (literal((2, 3), (1, 2, 3, -1, 0, 1)), literal((2, 3), (1, 0, 2, 0, -1, 1)), literal((2,), (10, 20))),
        ([[17, 21], [11, 21]],),
        BY_HAND,
    ),
)
EINSUM = (
    pin(
        "turned_round",
        "einsum",
        (literal((2, 2), (1, 2, 3, 4)), literal((2, 2), (0, 1, 1, 0))),
        ([[2, 4], [1, 3]],),
        BY_HAND,
        equation="ij,kj->ki",
    ),
    pin(
        "implied_by_the_alphabet",
        "einsum",
        (literal((2, 2), (1, 2, 3, 4)), literal((2, 2), (1, 1, 0, 1))),
        ([[4, 6], [3, 4]],),
        BY_HAND,
        equation="bc,ab",
    ),
)

OUTER = (
    pin(
        "each_with_each",
        "outer",
        (literal((2,), (1.0, -2.0)), literal((3,), (3.0, 0.5, 0.0))),
        ([[3, 0.5, 0], [-6, -1, 0]],),
        BY_HAND,
    ),
)
CROSS = (
    pin(
        "axes",
        "cross",
        (literal((3, 3), (1.0, 0, 0, 0, 1, 0, 1, 2, 3)), literal((3, 3), (0.0, 1, 0, 1, 0, 0, 4, 5, 6))),
        ([[0, 0, 1], [0, 0, -1], [-3, 6, -3]],),
        BY_HAND,
    ),
)
