"""Dtypes and fills of element-wise ops, as tables to draw from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opassay.harness.model.dtypes import DTYPES, FLOATS, INTEGERS, FloatFormat

FLOATING = ("float32",) * 4 + ("float16", "bfloat16", "float64") * 2
WHOLE = ("int32", "int32", "int8", "uint8", "int64", "int16", "uint16", "uint32", "uint64")
NUMBERS = (*FLOATING, *FLOATING[:2], *WHOLE)
SIGNED = (*FLOATING, "int32", "int32", "int8", "int16", "int64")
BITS = (*WHOLE, "bool")
TRUTH = ("bool",)
ANY = (*NUMBERS, "bool")

assert set(FLOATING) == set(FLOATS)
assert set(WHOLE) == set(INTEGERS)
assert set(ANY) == set(DTYPES)

EXACT = ("ints", "iota", "ties", "normal", "wide")
"""The first fill: plain values."""

DOMAIN = ("near", "near", "special", "bits")
"""The second: where an op is hard."""


def pairs(first: Sequence[str] = EXACT, second: Sequence[str] = DOMAIN) -> tuple[tuple[str, ...], ...]:
    """Every pair of first kinds, each followed by all others."""
    rest = tuple(dict.fromkeys((*first, *second)))
    return tuple((a, b, *(kind for kind in rest if kind not in (a, b))) for a in first for b in second)


VALUES = pairs()
INSIDE = pairs(("near",), ("normal", "special", "bits", "ties"))
"""For a function with a restricted domain, which its points state."""

POWERS = pairs(("ints", "ties", "normal", "near"), ("near", "near", "special", "bits"))
"""For a power, which overflows for most other values."""

DIVISORS = pairs(("ints", "iota"), ("ties", "normal"))
"""For integers, values that are never 0."""

Points = Sequence[float | Callable[[FloatFormat], float]]
"""Where an op is hard: numbers, or functions of the format, such as the overflow limit."""

PLACES = (0, 1, 7, 8, 15, 31)
"""Shift amounts."""
