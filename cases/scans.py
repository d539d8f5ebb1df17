"""Scans and shares: an answer for every element along an axis."""

from __future__ import annotations

import math

from opassay.adapters.oracle import bounded
from opassay.cases.signatures import kinds, scan, shares
from opassay.cases.signatures.reduction import CHOSEN, FACTORS, SHARES
from opassay.harness.model.dtypes import FloatFormat


def largest(form: FloatFormat) -> float:
    """Where exp overflows."""
    return math.log(form.largest)


def least(form: FloatFormat) -> float:
    """Where exp becomes subnormal."""
    return math.log(form.smallest_normal)


cumsum = scan("cumsum", bounded.cumsum, "The sum of all up to each.", operands=1)
cumprod = scan(
    "cumprod", bounded.cumprod, "The product of all up to each.", values=FACTORS, near=(1, 1, 1, -1, 0), longest=1025
)
cummax = scan("cummax", bounded.cummax, "The largest of all up to each; NaN from the first NaN on.", values=CHOSEN)
logcumsumexp = scan(
    "logcumsumexp",
    bounded.logcumsumexp,
    "The logarithm of the sum of exponentials of all up to each.",
    dtypes=kinds.FLOATING,
    values=SHARES,
    near=(0, 10, largest),
    longest=1025,
)
softmax = shares("softmax", bounded.softmax, "exp(x) / sum of exp(x).", near=(0, 10, largest, least))
log_softmax = shares("log_softmax", bounded.log_softmax, "The logarithm of softmax.", near=(0, 10, largest, least))
