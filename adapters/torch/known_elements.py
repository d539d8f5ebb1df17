"""What torch does differently in ops that treat each element alone. Free of torch."""

from __future__ import annotations

from opassay.adapters.known_elements import NAN_OF_SIGN, Told, gradient, holds_nan, mistakes, of_floats
from opassay.harness.model.fact import Fact

_SEEN = "torch 2.13.0, CPU"

_FUNCTIONS: Told = {
    "exponential_overflows": (
        "upstream",
        "sinh and cosh are infinite where exp(|x|) overflows, and half of it does not",
    ),
    "exp_less_one": ("upstream", "elu, celu and selu are exp(x) - 1, and 0 of what is small"),
    "softplus_to_20": ("by design", "softplus is x beyond its threshold of 20, in float64 as well"),
    "erf_by_difference": ("upstream", "of 16 bits, erf is 1 less a sum of five terms, and 0 of what is small"),
    "quotient_overflows": ("upstream", "vectors of float32 have no remainder of a quotient that overflows"),
    "angle_times_pi": (
        "upstream",
        "below 0 digamma and its derivative take the tangent and the sine of π · x as it is rounded; the derivative's "
        "series ends after four terms",
    ),
    "constants_in_float32": ("upstream", "the slope of hard_sigmoid is a sixth as float32 has it"),
    "divisors_multiplied": ("upstream", "the gradient is g / (x · ln 10), whose divisor float16 may not hold"),
}

ELEMENTS = (
    *mistakes("torch", _FUNCTIONS, versions=_SEEN),
    Fact(
        "torch-sign-nan",
        "by design",
        "torch.sign is (x > 0) - (x < 0), which is 0 of NaN",
        ops=("sign",),
        verdicts=("special",),
        when=holds_nan,
        versions=_SEEN,
        pins=(NAN_OF_SIGN,),
    ),
    Fact(
        "torch-floor_divide-derivative",
        "by design",
        "torch says that floor_divide has no derivative where others have 0 or none",
        ops=("floor_divide",),
        aspects=("gradient",),
        verdicts=("rejects",),
        when=of_floats,
        versions=_SEEN,
        pins=(gradient("floor_divide"),),
    ),
)
