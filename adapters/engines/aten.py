"""Differences of torch's element-wise functions, for all frameworks that call them. Does not import torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opassay.adapters.kernels.elements import NAN_OF_SIGN, Told, holds_nan, mistakes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

FUNCTIONS: Told = {
    "exponential_overflows": (
        "upstream",
        "sinh and cosh are infinite where exp(|x|) overflows although exp(|x|)/2 does not",
    ),
    "exp_less_one": ("upstream", "elu, celu and selu are exp(x) - 1, and 0 of what is small"),
    "softplus_to_20": ("by design", "softplus is x beyond its threshold of 20, in float64 as well"),
    "quotient_overflows": ("upstream", "vectors have no remainder of a quotient that overflows"),
    "angle_times_pi": (
        "upstream",
        "below 0 digamma and its derivative take the tangent and the sine of π · x as it is rounded; the derivative's "
        "series ends after four terms",
    ),
    "nan_seen_by_nobody": ("upstream", "attention in blocks answers 0 where every score is NaN"),
    "through_float32": ("upstream", "float64 is rounded to float32 before it is rounded to 8 bits"),
    "constants_in_float32": ("upstream", "the slope of hard_sigmoid is a sixth as float32 has it"),
    "loss_by_difference": (
        "upstream",
        "binary_cross_entropy_with_logits is (1 - target) · x - log(sigmoid(x)), which cancels; its gradient by the "
        "target is infinite where the sigmoid rounds to 1",
    ),
    "divisors_multiplied": ("upstream", "the gradient is g / (x · ln 10), whose divisor float16 may not hold"),
    "alpha_divides_in_float32": ("upstream", "celu's gradient divides by alpha.toFloat(), in float64 as well"),
}

REPLACED: Told = {
    "gradient_multiplied": (
        "upstream",
        "the gradient of nan_to_num is grad * isfinite(self), where clamp, relu and hardtanh select 0",
    ),
}

VECTORS: Told = {
    "erf_by_difference": ("upstream", "in 16 bits, and in gelu's slope, erf is 1 less a sum of five terms"),
    "infinite_early": ("by design", "Sleef documents that its lgamma may be infinite from 4e36, or 2e305, on"),
}
"""Differences of vectorized functions, absent on processors without vector instructions."""


def saturates(case: Case) -> bool:
    """Whether values out of range saturate to the largest number of the 8-bit format, as in one of the four."""
    return case.attributes["to"] == "float8_e4m3fn"


def facts(adapter: str, versions: str, modes: tuple[str, ...] = ()) -> Iterator[Fact]:
    """The facts of ``adapter`` in the modes in which it calls them."""
    told: dict[str, Any] = {"versions": versions, "modes": modes}
    yield from mistakes(adapter, FUNCTIONS, **told)
    yield from mistakes(adapter, REPLACED, ops=("nan_to_num",), **told)
    yield from mistakes(adapter, VECTORS, **told, needs=("cpu_capability!=DEFAULT",))
    yield Fact(
        f"{adapter}-sign-nan",
        "by design",
        "torch.sign is (x > 0) - (x < 0), which is 0 for NaN",
        ops=("sign",),
        verdicts=("special",),
        when=holds_nan,
        modes=modes,
        versions=versions,
        pins=(NAN_OF_SIGN,),
    )
