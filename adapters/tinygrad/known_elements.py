"""Differences of tinygrad in element-wise ops. Does not import tinygrad."""

from __future__ import annotations

import numpy as np

from opassay.adapters.kernels.elements import NAN_OF_SIGN, Told, holds_nan, mistakes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_SEEN = "tinygrad 0.14.0, CPU (clang)"

_FUNCTIONS: Told = {
    "by_a_textbook": ("upstream", "functions are made of exp2, log2, sin and the square root by textbook formulas"),
    "minus_zero_lost": ("upstream", "what is made of others, or of a comparison with 0, is 0 of -0"),
    "erf_by_difference": ("upstream", "erf is 1 less a sum of five terms, and 0 of what is small"),
    "nan_replaced": ("upstream", "of a number and a NaN, maximum and minimum may give the number"),
    "remainder_by_quotient": ("upstream", "mod is what a rounded quotient leaves"),
    "activation_by_a_textbook": (
        "upstream",
        "activations are made of exp2, log2 and comparisons with 0 by textbook formulas, which cancel",
    ),
}

_SIZES: Told = {
    "zeros_of_other_sign": ("upstream", "abs is a product with sign, which is 0 of 0, and may be -0"),
}


def _difference_lost(case: Case) -> bool:
    """relu(x) - relu(x - 6) is not 6 for some x above, or x is NaN."""
    x = case.inputs()[0]
    six = x.dtype.type(6)
    with np.errstate(invalid="ignore"):
        return bool((np.isnan(x) | ((x > six) & (x - (x - six) != six))).any())


ELEMENTS = (
    *mistakes("tinygrad", _FUNCTIONS, versions=_SEEN),
    *mistakes("tinygrad", _SIZES, ops=("copysign", "l1_loss"), versions=_SEEN),
    Fact(
        "tinygrad-relu6-by-difference",
        "upstream",
        "relu6 is relu(x) - relu(x - 6), which cancels; a NaN is taken for 0",
        ops=("relu6",),
        verdicts=("special", "structural", "numeric"),
        when=_difference_lost,
        versions=_SEEN,
        pins=(Case("relu6", (Tensor((2,), "float32", Fill("literal", values=(np.inf, 1e9))),)),),
    ),
    Fact(
        "tinygrad-sign-nan",
        "upstream",
        "sign compares with 0, of which a NaN is neither less nor equal",
        ops=("sign",),
        verdicts=("special",),
        when=holds_nan,
        versions=_SEEN,
        pins=(NAN_OF_SIGN,),
    ),
    Fact(
        "tinygrad-compared-nan",
        "upstream",
        "a >= b is not a < b, which is so of a NaN",
        ops=("greater_equal", "less_equal"),
        verdicts=("structural",),
        when=holds_nan,
        versions=_SEEN,
    ),
)
