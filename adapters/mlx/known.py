"""Known differences of MLX. Does not import MLX: the parent process imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.facts import pinned
from opassay.adapters.kernels.elements import NAN_OF_SIGN, Told, holds_nan, mistakes
from opassay.adapters.kernels.refusals import refused
from opassay.adapters.mlx.known_errors import ERRORS
from opassay.adapters.mlx.known_predicates import SEEN
from opassay.adapters.mlx.known_shapes import SHAPES
from opassay.harness.model.fact import Fact

_FUNCTIONS: Told = {
    "in_32_bits": ("upstream", "the CPU kernels and mlx.nn compute float64 in float32 in many places"),
    "exp_within_88": (
        "upstream",
        "exp is one of float32, 0 below -88 and infinite above 88; what is made of it cancels, as 1 - 1 / (1 + e)",
    ),
    "erf_by_difference": ("upstream", "erf is 1 less a sum of terms, and loses what is small"),
    "zeros_of_other_sign": ("upstream", "what is made of others loses the sign of -0"),
    "padded_with_zero": ("upstream", "pools pad integers with -inf, which becomes 0"),
    "gradient_multiplied": ("upstream", "gradients of relus are multiplied by 0 where they should be cut off"),
    "halved_last": ("upstream", "gelu is x * (1 + erf(x / √2)) / 2, which overflows before it is halved"),
    "slope_by_difference": (
        "upstream",
        "huber_loss is of min(|d|, delta) and of what |d| is more, whose slopes of delta cancel within delta",
    ),
    "gradient_shared_among_maxima": ("by design", "equal elements of a window share its gradient"),
}

KNOWN = pinned(
    (
        *mistakes("mlx", _FUNCTIONS, versions=SEEN),
        *ERRORS,
        *SHAPES,
        Fact(
            "mlx-sign-nan",
            "upstream",
            "sign compares with 0, of which a NaN is neither less nor equal",
            ops=("sign",),
            verdicts=("special",),
            when=holds_nan,
            versions=SEEN,
            pins=(NAN_OF_SIGN,),
        ),
        refused(
            "mlx-float64-convolved",
            "convolutions of float64 by groups or with holes have no kernel on the CPU",
            "[Convolution::eval] got unsupported data type",
            ops=("convolves", "depthwise_conv2d", "biased_conv2d", "conv2d_vjp"),
            versions=SEEN,
        ),
    ),
    Path(__file__).parent,
)
