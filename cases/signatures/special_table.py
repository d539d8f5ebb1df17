"""Answers of ops at zeros, infinities and NaN, and where the answer is exact.

By the standards: IEEE 754-2019, sections 5.3 to 5.11, 6.1, 6.3 and 9.2.1, and ISO/IEC 9899:2018 (C), Annex F.10. A row
holds the operands, then the answer; for an op without floats, integers or bools.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

Row = tuple[float, ...]

INF, NAN = math.inf, math.nan
ODD = ((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN))
"""Rows of functions that return zeros, infinities and NaN unchanged."""

ZEROS, NOWHERE = ODD[:2], ((INF, NAN), (-INF, NAN), (NAN, NAN))
KEPT = (*ZEROS, (INF, INF))
LOGARITHM = ((0.0, -INF), (-0.0, -INF), (INF, INF), (-1.0, NAN), (-INF, NAN), (NAN, NAN))
WHOLE = (*ODD, (1.0, 1.0), (-2.0, -2.0))
QUOTIENT_OVERFLOWS = (2.0**127, 0.25, 0.0)
TRUTH = ((0, 0), (0, 1), (1, 0), (1, 1))
PAIRS = ((0.0, -0.0), (1.0, 2.0), (2.0, 1.0), (INF, INF), (-INF, INF), (NAN, 1.0), (NAN, NAN), (1.0, NAN))


def _truths(*answers: int) -> tuple[Row, ...]:
    return tuple((*pair, answer) for pair, answer in zip(TRUTH, answers, strict=True))


def _told(*answers: int) -> tuple[Row, ...]:
    return tuple((*pair, answer) for pair, answer in zip(PAIRS, answers, strict=True))


TABLE: Mapping[str, tuple[Row, ...]] = {
    "neg": ((0.0, -0.0), (-0.0, 0.0), (INF, -INF), (-INF, INF), (NAN, NAN), (1.5, -1.5)),
    "abs": ((0.0, 0.0), (-0.0, 0.0), (-INF, INF), (NAN, NAN), (-1.5, 1.5)),
    "sign": ((0.0, 0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (-0.5, -1.0)),
    "square": ((-0.0, 0.0), (INF, INF), (-INF, INF), (NAN, NAN), (-1.5, 2.25)),
    "floor": (*WHOLE, (-0.5, -1.0), (0.5, 0.0), (2.5, 2.0)),
    "ceil": (*WHOLE, (-0.5, -0.0), (0.5, 1.0), (2.5, 3.0)),
    "trunc": (*WHOLE, (-0.5, -0.0), (0.5, 0.0), (-2.5, -2.0)),
    "round": (*WHOLE, (-0.5, -0.0), (0.5, 0.0), (1.5, 2.0), (2.5, 2.0), (-2.5, -2.0)),
    "clamp": ((0.0, 0.0), (INF, 2.0), (-INF, -1.0), (NAN, NAN), (1.5, 1.5)),
    "relu6": ((-1.0, 0.0), (7.0, 6.0), (INF, 6.0), (-INF, 0.0), (NAN, NAN), (1.5, 1.5)),
    "hard_tanh": ((-2.0, -1.0), (7.0, 1.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (0.5, 0.5)),
    "isnan": ((0.0, 0), (INF, 0), (-INF, 0), (NAN, 1), (1.0, 0)),
    "isinf": ((0.0, 0), (INF, 1), (-INF, 1), (NAN, 0), (1.0, 0)),
    "isfinite": ((-0.0, 1), (INF, 0), (-INF, 0), (NAN, 0), (1.0, 1)),
    "signbit": ((0.0, 0), (-0.0, 1), (INF, 0), (-INF, 1), (-1.0, 1)),
    "add": ((0.0, -0.0, 0.0), (-0.0, -0.0, -0.0), (INF, 1.0, INF), (INF, -INF, NAN), (NAN, 1.0, NAN), (1.5, -1.5, 0.0)),
    "sub": ((0.0, 0.0, 0.0), (-0.0, 0.0, -0.0), (INF, 1.0, INF), (INF, INF, NAN), (1.0, NAN, NAN), (1.5, 1.5, 0.0)),
    "mul": ((0.0, -1.0, -0.0), (-0.0, -0.0, 0.0), (INF, -2.0, -INF), (INF, 0.0, NAN), (NAN, 0.0, NAN), (1.5, 2.0, 3.0)),
    "div": ((1.0, 0.0, INF), (-1.0, 0.0, -INF), (0.0, 0.0, NAN), (INF, INF, NAN), (1.0, -INF, -0.0), (3.0, 2.0, 1.5)),
    "maximum": (
        (-0.0, 0.0, 0.0),
        (0.0, -0.0, 0.0),
        (1.0, 2.0, 2.0),
        (INF, 1.0, INF),
        (-INF, 1.0, 1.0),
        (NAN, 1.0, NAN),
        (1.0, NAN, NAN),
    ),
    "minimum": (
        (-0.0, 0.0, -0.0),
        (0.0, -0.0, -0.0),
        (1.0, 2.0, 1.0),
        (INF, 1.0, 1.0),
        (-INF, 1.0, -INF),
        (NAN, 1.0, NAN),
        (1.0, NAN, NAN),
    ),
    "fmax": ((-INF, 1.0, 1.0), (INF, NAN, INF), (NAN, 1.0, 1.0), (-1.0, NAN, -1.0), (NAN, NAN, NAN), (1.0, 2.0, 2.0)),
    "fmin": ((-INF, 1.0, -INF), (INF, NAN, INF), (NAN, 1.0, 1.0), (-1.0, NAN, -1.0), (NAN, NAN, NAN), (1.0, 2.0, 1.0)),
    "copysign": ((0.0, -1.0, -0.0), (-0.0, 2.0, 0.0), (-INF, 0.0, INF), (1.5, -0.0, -1.5), (NAN, -1.0, NAN)),
    "heaviside": (
        (0.0, 0.5, 0.5),
        (-0.0, 0.5, 0.5),
        (-INF, 2.0, 0.0),
        (INF, 2.0, 1.0),
        (-1.0, NAN, 0.0),
        (0.0, NAN, NAN),
    ),
    "nextafter": (
        (-0.0, 0.0, 0.0),
        (0.0, -0.0, -0.0),
        (INF, INF, INF),
        (1.0, NAN, NAN),
        (NAN, 1.0, NAN),
        (2.0, 2.0, 2.0),
    ),
    "hypot": ((3.0, -4.0, 5.0), (INF, NAN, INF), (NAN, -INF, INF), (-0.0, 0.0, 0.0), (NAN, 1.0, NAN), (-2.0, 0.0, 2.0)),
    "xlogy": ((0.0, 0.0, 0.0), (0.0, INF, 0.0), (2.0, 1.0, 0.0), (1.0, 0.0, -INF), (1.0, -1.0, NAN), (NAN, 1.0, NAN)),
    "sqrt": (*KEPT, (-INF, NAN), (NAN, NAN), (-1.0, NAN), (4.0, 2.0), (2.25, 1.5)),
    "rsqrt": ((0.0, INF), (-0.0, -INF), (INF, 0.0), (-1.0, NAN), (NAN, NAN), (4.0, 0.5)),
    "reciprocal": ((0.0, INF), (-0.0, -INF), (INF, 0.0), (-INF, -0.0), (NAN, NAN), (-4.0, -0.25)),
    "exp": ((0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN)),
    "exp2": ((0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (5.0, 32.0), (-3.0, 0.125)),
    "expm1": ((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0), (NAN, NAN)),
    "log": (*LOGARITHM, (1.0, 0.0)),
    "log2": (*LOGARITHM, (1.0, 0.0), (8.0, 3.0), (0.25, -2.0)),
    "log10": (*LOGARITHM, (1.0, 0.0), (100.0, 2.0)),
    "log1p": ((0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (INF, INF), (-2.0, NAN), (-INF, NAN), (NAN, NAN)),
    "sin": (*ZEROS, *NOWHERE),
    "cos": ((0.0, 1.0), (-0.0, 1.0), *NOWHERE),
    "tan": (*ZEROS, *NOWHERE),
    "asin": (*ZEROS, (1.5, NAN), *NOWHERE),
    "acos": ((1.0, 0.0), (-1.5, NAN), *NOWHERE),
    "atan": (*ZEROS, (NAN, NAN)),
    "sinh": ODD,
    "cosh": ((0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (NAN, NAN)),
    "tanh": (*ZEROS, (INF, 1.0), (-INF, -1.0), (NAN, NAN)),
    "asinh": ODD,
    "acosh": ((1.0, 0.0), (0.5, NAN), (-1.0, NAN), (INF, INF), (-INF, NAN), (NAN, NAN)),
    "atanh": (*ZEROS, (1.0, INF), (-1.0, -INF), (1.5, NAN), *NOWHERE),
    "erf": (*ZEROS, (INF, 1.0), (-INF, -1.0), (NAN, NAN)),
    "erfc": ((0.0, 1.0), (INF, 0.0), (-INF, 2.0), (NAN, NAN)),
    "erfinv": (*ZEROS, (1.0, INF), (-1.0, -INF), (1.5, NAN), (NAN, NAN)),
    "lgamma": ((0.0, INF), (-0.0, INF), (1.0, 0.0), (2.0, 0.0), (-2.0, INF), (INF, INF), (-INF, INF), (NAN, NAN)),
    "digamma": ((INF, INF), (NAN, NAN)),
    "sigmoid": ((0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (NAN, NAN)),
    "pow": (
        *((2.0, 0.0, 1.0), (NAN, 0.0, 1.0), (1.0, NAN, 1.0), (-1.0, INF, 1.0), (0.0, -1.0, INF), (-0.0, -1.0, -INF)),
        *((-0.0, 3.0, -0.0), (-0.0, 2.0, 0.0), (0.5, INF, 0.0), (0.5, -INF, INF), (-INF, 3.0, -INF), (-2.0, 3.0, -8.0)),
        *((-2.0, 0.5, NAN), (NAN, 1.0, NAN), (INF, -1.0, 0.0), (2.0, -2.0, 0.25)),
    ),
    "atan2": ((0.0, 1.0, 0.0), (-0.0, 1.0, -0.0), (0.0, INF, 0.0), (-1.0, INF, -0.0), (NAN, 1.0, NAN), (0.0, 0.0, 0.0)),
    "fmod": (
        (5.0, 3.0, 2.0),
        (-5.0, 3.0, -2.0),
        (5.0, -3.0, 2.0),
        (5.0, INF, 5.0),
        (INF, 3.0, NAN),
        (5.0, 0.0, NAN),
        QUOTIENT_OVERFLOWS,
    ),
    "remainder": (
        (5.0, 3.0, 2.0),
        (-5.0, 3.0, 1.0),
        (5.0, -3.0, -1.0),
        (INF, 3.0, NAN),
        (NAN, 3.0, NAN),
        (5.0, 0.0, NAN),
        QUOTIENT_OVERFLOWS,
    ),
    "floor_divide": ((5.0, 3.0, 1.0), (-5.0, 3.0, -2.0), (5.0, -3.0, -2.0), (-6.0, 3.0, -2.0)),
    "trunc_divide": ((5, 3, 1), (-5, 3, -1), (5, -3, -1), (-6, 3, -2), (7, -7, -1)),
    "cast": ((0.0, 0.0), (-0.0, -0.0), (1.5, 1.5), (-2.0, -2.0), (INF, INF), (-INF, -INF), (NAN, NAN)),
    "equal": _told(1, 0, 0, 1, 0, 0, 0, 0),
    "not_equal": _told(0, 1, 1, 0, 1, 1, 1, 1),
    "less": _told(0, 1, 0, 0, 1, 0, 0, 0),
    "less_equal": _told(1, 1, 0, 1, 1, 0, 0, 0),
    "greater": _told(0, 0, 1, 0, 0, 0, 0, 0),
    "greater_equal": _told(1, 0, 1, 1, 0, 0, 0, 0),
    "logical_and": _truths(0, 0, 0, 1),
    "logical_or": _truths(0, 1, 1, 1),
    "logical_xor": _truths(0, 1, 1, 0),
    "logical_not": ((0, 1), (1, 0)),
    "bitwise_and": ((12, 10, 8), (-1, 5, 5), (0, 7, 0)),
    "bitwise_or": ((12, 10, 14), (-1, 5, -1), (0, 7, 7)),
    "bitwise_xor": ((12, 10, 6), (-1, 5, -6), (7, 7, 0)),
    "bitwise_not": ((0, -1), (-1, 0), (5, -6)),
    "shift_left": ((1, 3, 8), (-1, 1, -2), (1, 31, -(2**31)), (3, 31, -(2**31))),
    "shift_right": ((8, 3, 1), (-1, 1, -1), (-8, 1, -4), (-(2**31), 31, -1)),
    "where": ((1, 1.0, NAN, 1.0), (0, NAN, -0.0, -0.0), (1, -INF, 0.0, -INF), (0, 1.0, NAN, NAN)),
}
"""By op."""
