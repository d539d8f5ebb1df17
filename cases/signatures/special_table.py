"""What ops answer at zeros, infinities, NaN, and where the answer is exact.

By the standards: IEEE 754-2019, sections 5.3 to 5.11, 6.1, 6.3 and 9.2.1, and ISO/IEC 9899:2018 (C), Annex F.10. A row
holds the operands, then the answer; of an op without floats, integers or truth values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

Row = tuple[float, ...]

INF, NAN = math.inf, math.nan
ODD = ((0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN))
"""What keeps zeros, infinities and NaN as they are."""

WHOLE = (*ODD, (1.0, 1.0), (-2.0, -2.0))
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
    "isnan": ((0.0, 0), (INF, 0), (-INF, 0), (NAN, 1), (1.0, 0)),
    "isinf": ((0.0, 0), (INF, 1), (-INF, 1), (NAN, 0), (1.0, 0)),
    "isfinite": ((-0.0, 1), (INF, 0), (-INF, 0), (NAN, 0), (1.0, 1)),
    "signbit": ((0.0, 0), (-0.0, 1), (INF, 0), (-INF, 1), (-1.0, 1)),
    "add": ((0.0, -0.0, 0.0), (-0.0, -0.0, -0.0), (INF, 1.0, INF), (INF, -INF, NAN), (NAN, 1.0, NAN), (1.5, -1.5, 0.0)),
    "sub": ((0.0, 0.0, 0.0), (-0.0, 0.0, -0.0), (INF, 1.0, INF), (INF, INF, NAN), (1.0, NAN, NAN), (1.5, 1.5, 0.0)),
    "mul": ((0.0, -1.0, -0.0), (-0.0, -0.0, 0.0), (INF, -2.0, -INF), (INF, 0.0, NAN), (NAN, 0.0, NAN), (1.5, 2.0, 3.0)),
    "div": ((1.0, 0.0, INF), (-1.0, 0.0, -INF), (0.0, 0.0, NAN), (INF, INF, NAN), (1.0, -INF, -0.0), (3.0, 2.0, 1.5)),
    "maximum": ((1.0, 2.0, 2.0), (INF, 1.0, INF), (-INF, 1.0, 1.0), (NAN, 1.0, NAN), (1.0, NAN, NAN)),
    "minimum": ((1.0, 2.0, 1.0), (INF, 1.0, 1.0), (-INF, 1.0, -INF), (NAN, 1.0, NAN), (1.0, NAN, NAN)),
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
