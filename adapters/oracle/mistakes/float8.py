"""Rounding to 8-bit formats: in the wrong direction, or without handling either end of the range."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.float8 import FLOAT8, float8_values, spacing_of
from opassay.adapters.oracle.mistakes.elements import computed
from opassay.adapters.oracle.mistakes.made import mistakes

Array = np.ndarray


def cut(x: Array, to: str, saturate: bool) -> Array:
    """Truncated, not rounded."""
    form = FLOAT8[to]
    spacing = spacing_of(x, form)
    return float8_values(np.copysign(np.trunc(x / spacing) * spacing, x), form, saturate)


def flushed(x: Array, to: str, saturate: bool) -> Array:
    found = float8_values(x, FLOAT8[to], saturate)
    return np.where(np.abs(found) < FLOAT8[to].smallest_normal, np.copysign(0, found), found)


def _infinity_kept(x: Array, to: str, saturate: bool) -> Array:
    """Overflow saturates, but infinity does not."""
    found = float8_values(x, FLOAT8[to], saturate)
    return np.where(np.isinf(x), float8_values(x, FLOAT8[to], False), found)


OP = "round_to_float8"
MISTAKES = (
    *mistakes("digits_cut", "digits are cut off, not rounded", computed(cut), OP),
    *mistakes("subnormals_of_8_bits_lost", "subnormals of the 8 bits are 0", computed(flushed), OP),
    *mistakes("infinity_kept", "infinities do not saturate", computed(_infinity_kept), OP),
)
