"""Conversions between dtypes."""

from __future__ import annotations

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.float8 import FLOAT8
from opassay.cases.signatures import conversion, unary
from opassay.cases.signatures.entry import Attribute

CAST = "x as the dtype `to`: rounded to nearest; of floats to integers toward 0, anything where they do not fit."

cast = conversion("cast", lambda x, to: bounded.cast(x, to), CAST)

THROUGH_8_BITS = (
    "x, rounded to nearest in the format `to` of 8 bits and given in its own dtype. Beyond the largest number infinite,"
    " NaN where the format has no infinities; with `saturate`, the largest. The gradient is the cotangent, rounded too."
)
ENDS_OF_8_BITS = (0.0, 1.0625, 464.0, 61440.0, 248.0, 448.0, 57344.0, 2.0**-6, 2.0**-10, 2.0**-17, 3 * 2.0**-11)
"""Ties between two numbers of a format, in particular with the first one out of range, the largest and the smallest."""

SATURATE = "whether the largest number stands for those beyond"

round_to_float8 = unary(
    "round_to_float8",
    lambda x, to, saturate: bounded.round_to_float8(x, to, saturate),
    THROUGH_8_BITS,
    near=ENDS_OF_8_BITS,
    attributes={
        "to": Attribute("a format of 8 bits", tuple(FLOAT8), lambda value: value in FLOAT8),
        "saturate": Attribute(SATURATE, (False, False, False, True), lambda value: value in (False, True)),
    },
)
