"""The four 8-bit float formats: values are rounded to the nearest one and returned in their own dtype.

Sources: "OCP 8-bit Floating Point Specification (OFP8)", revision 1.0, for e4m3fn (its E4M3) and e5m2; Noune et al.,
"8-bit Numerical Formats for Deep Neural Networks", 2022, arXiv:2206.02915, for e4m3fnuz and e5m2fnuz; the tables of
ONNX's operator Cast for ``saturate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.real import Real
from opassay.adapters.oracle.bounded.selection import within


@dataclass(frozen=True)
class Float8:
    """``precision`` counts significand bits with the hidden one; ``min_exponent`` is the smallest normal number's.

    ``infinite``: overflow gives infinity; in the other formats it gives NaN. ``signed_zero``: the format has -0.
    """

    precision: int
    min_exponent: int
    largest: float
    infinite: bool = False
    signed_zero: bool = True

    @property
    def smallest_normal(self) -> float:
        return 2.0**self.min_exponent


FLOAT8: Mapping[str, Float8] = {
    "float8_e4m3fn": Float8(4, -6, 448.0),
    "float8_e5m2": Float8(3, -14, 57344.0, infinite=True),
    "float8_e4m3fnuz": Float8(4, -7, 240.0, signed_zero=False),
    "float8_e5m2fnuz": Float8(3, -15, 57344.0, signed_zero=False),
}


def spacing_of(values: np.ndarray, form: Float8) -> np.ndarray:
    """How far apart the numbers of ``form`` are about ``values``, in their dtype."""
    exponent = np.maximum(np.frexp(values)[1] - 1, form.min_exponent)
    return np.asarray(np.ldexp(values.dtype.type(1), exponent - form.precision + 1))


def float8_values(values: np.ndarray, form: Float8, saturate: bool) -> np.ndarray:
    """The nearest numbers of ``form``, ties to even, in the dtype of ``values``."""
    spacing = spacing_of(values, form)
    near = np.copysign(np.rint(values / spacing) * spacing, values)
    beyond = np.copysign(form.largest if saturate else np.inf if form.infinite else np.nan, values)
    found = np.where(np.abs(near) > form.largest, beyond.astype(values.dtype), near)
    return np.asarray(found if form.signed_zero else np.where(found == 0, np.abs(found), found))


def stored_in_float8(x: Real, to: str) -> Real:
    """x, rounded to nearest in an 8-bit format, as an operand of its own: without a gradient."""
    return Real(quietly(lambda values: float8_values(values, FLOAT8[to], False), x.value))


def round_to_float8(x: Real, to: str, saturate: bool) -> Real:
    """x rounded to nearest in an 8-bit format; its gradient is the cotangent, rounded alike.

    A value out of range after rounding becomes infinite, or NaN in a format without infinities; with ``saturate``, it
    and infinities become the largest number.
    """
    form = FLOAT8[to]

    def rounded(values: np.ndarray) -> np.ndarray:
        return quietly(lambda v: float8_values(v, form, saturate), values)

    value = rounded(x.value)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        return within(rounded(x.value - error), value, rounded(x.value + error), error)

    return Real(value, (x,), local, lambda g, _: (round_to_float8(g, to, saturate),))
