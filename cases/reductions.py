"""Reductions: one answer for all elements along axes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases.pins import BY_HAND, literal, pin
from opassay.cases.signatures import Attribute, choosing, counting, kinds, position, reduction, summing, truth
from opassay.cases.signatures.reduction import FACTORS, SHARES, SPREADS

UNBIASED = Attribute(
    "whether the count is less one, as for a sample", (False, False, True), lambda value: isinstance(value, bool)
)
SPREAD: Mapping[str, Any] = {"values": SPREADS, "attributes": {"unbiased": UNBIASED}, "traits": ("spread",)}


def _of_a_sample(name: str, spread: float) -> dict[str, Any]:
    """A pin of the sample variance of three numbers: the divisor is their number less one."""
    how = {"axes": (0,), "keepdims": False, "unbiased": True}
    return {"pins": (pin("sample", name, [literal((3,), (1.0, 2.0, 6.0))], [spread], BY_HAND, **how),)}


def _var(x: Real, *, axes: tuple[int, ...], keepdims: bool, unbiased: bool) -> Real:
    return bounded.reduce_var(x, axes, keepdims, int(unbiased))


def _std(x: Real, *, axes: tuple[int, ...], keepdims: bool, unbiased: bool) -> Real:
    return bounded.root(bounded.reduce_var(x, axes, keepdims, int(unbiased)))


sum = summing("sum", bounded.reduce_sum, "The sum; of integers modulo 2**bits.", dtypes=kinds.NUMBERS)
mean = summing("mean", bounded.reduce_mean, "The mean; NaN of nothing.")
sum_square = summing("sum_square", bounded.sum_square, "The sum of squares.", operands=2)
norm_l1 = summing("norm_l1", bounded.norm_l1, "The sum of sizes.", several=False)
norm_l2 = summing("norm_l2", bounded.norm_l2, "The root of the sum of squares.", operands=2, several=False)
prod = reduction(
    "prod",
    bounded.reduce_prod,
    "The product; of integers modulo 2**bits.",
    dtypes=kinds.NUMBERS,
    values=FACTORS,
    near=(1, 1, 1, -1, 0),
    several=False,
    longest=1025,
)
var = reduction("var", _var, "The mean of squared distances from the mean.", **SPREAD, **_of_a_sample("var", 7.0))
std = reduction("std", _std, "The root of the variance.", **SPREAD, **_of_a_sample("std", math.sqrt(7)))
logsumexp = reduction(
    "logsumexp",
    bounded.logsumexp,
    "The logarithm of the sum of exponentials.",
    values=SHARES,
    near=(0, 10, lambda form: math.log(form.largest)),
    traits=("exponential",),
)
count_nonzero = counting("count_nonzero", bounded.count_nonzero, "How many are not 0, NaN among them; 0 of nothing.")
max = choosing("max", bounded.reduce_max, "The largest; NaN if any is.")
min = choosing("min", bounded.reduce_min, "The smallest; NaN if any is.")
argmax = position("argmax", bounded.argmax, "Where the largest is, the first of several; a NaN is the largest.", (1, 0))
argmin = position(
    "argmin", bounded.argmin, "Where the smallest is, the first of several; a NaN is the smallest.", (0, 2)
)
any = truth("any", bounded.reduce_any, "Whether any holds; not of nothing.")
all = truth("all", bounded.reduce_all, "Whether all hold; so do all of nothing.")
