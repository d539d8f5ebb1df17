"""Exact functions of one tensor: at most one rounding."""

from __future__ import annotations

from typing import Any

from opassay.adapters.oracle import bounded
from opassay.cases.signatures import Attribute, kinds, test, unary
from opassay.cases.signatures.attributes import number
from opassay.cases.signatures.clamp import LIMITED, clamped

HALVES = (0.0, 0.5, 1.5, 2.5, -0.5, -1.5, lambda form: 2.0 ** (form.precision - 1))
"""Ties, and where the last fraction of a format is a half."""


def _number_or_false(value: Any) -> bool:
    return value is False or number(value)


REPLACED = {
    "nan": Attribute("a number", (0.0, 0.0, 1.5, -2), number),
    "posinf": Attribute("a number, or False", (False, False, 3.0), _number_or_false),
    "neginf": Attribute("a number, or False", (False, False, -3.0), _number_or_false),
}

neg = unary("neg", bounded.neg, "-x; of integers modulo 2**bits.", dtypes=kinds.SIGNED)
abs = unary("abs", bounded.absolute, "|x|; of the least integer, itself.", dtypes=kinds.SIGNED)
sign = unary("sign", lambda x: bounded.unsigned(bounded.sign(x)), "-1, a zero, or 1; NaN of NaN.", dtypes=kinds.SIGNED)
square = unary("square", bounded.square, "x·x.", dtypes=kinds.NUMBERS)
floor = unary("floor", bounded.floor, "The largest whole number that is not above x.", near=HALVES)
ceil = unary("ceil", bounded.ceil, "The smallest whole number that is not below x.", near=HALVES)
trunc = unary("trunc", bounded.trunc, "x without its fraction.", near=HALVES)
round = unary("round", bounded.round_even, "The nearest whole number; of halves, the even one.", near=HALVES)
clamp = unary(
    "clamp", clamped, "x, but at least low and at most high; open where these cross.", dtypes=kinds.SIGNED, **LIMITED
)
relu6 = unary("relu6", lambda x: bounded.clamp(x, 0.0, 6.0), "x, but at least 0 and at most 6.", near=(0, 6))
hard_tanh = unary("hard_tanh", lambda x: bounded.clamp(x, -1.0, 1.0), "x, but from -1 to 1.", near=(-1, 0, 1))
nan_to_num = unary(
    "nan_to_num",
    bounded.nan_to_num,
    "x, but nan for NaN, posinf for infinity and neginf for -infinity; the largest numbers if these are False.",
    attributes=REPLACED,
    of_format=True,
)
isnan = test("isnan", bounded.isnan, "Whether x is NaN.")
isinf = test("isinf", bounded.isinf, "Whether x is infinite.")
isfinite = test("isfinite", bounded.isfinite, "Whether x is a number.")
signbit = test("signbit", bounded.signbit, "Whether x has a minus sign, as -0 has.")
