"""Differences of tinygrad in element-wise ops. Does not import tinygrad."""

from __future__ import annotations

from opassay.adapters.kernels.elements import NAN_OF_SIGN, Told, holds_nan, mistakes
from opassay.harness.model.fact import Fact

_SEEN = "tinygrad 0.14.0, CPU (clang)"

_FUNCTIONS: Told = {
    "by_a_textbook": ("upstream", "functions are made of exp2, log2, sin and the square root by textbook formulas"),
    "textbook_differentiated": ("upstream", "gradients of such functions are those of each step"),
    "angle_reduced_with_an_error": ("upstream", "sines of float64 are those of an angle of 32 bits from 30 on"),
    "out_of_range": ("upstream", "a sine is a polynomial, which nothing keeps within 1"),
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

_ENDS: Told = {"subnormals_flushed": ("upstream", "exp2 of float16 is 0 below -22, where it is still a number")}


ELEMENTS = (
    *mistakes("tinygrad", _FUNCTIONS, versions=_SEEN),
    *mistakes("tinygrad", _ENDS, ops=("exp2",), versions=_SEEN),
    *mistakes("tinygrad", _SIZES, ops=("copysign", "l1_loss"), versions=_SEEN),
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
