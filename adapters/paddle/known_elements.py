"""Differences of Paddle in element-wise ops. Does not import Paddle."""

from __future__ import annotations

import math

import numpy as np

from opassay.adapters.kernels.elements import Told, endless, mistakes, share_of_infinity
from opassay.adapters.kernels.far import far_strides
from opassay.adapters.kernels.norms import one_pass
from opassay.adapters.kernels.refusals import refused
from opassay.adapters.paddle.known_pairs import PAIRS
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_SEEN = "paddle 3.3.1, CPU"

_FUNCTIONS: Told = {
    "added_to_one": (
        "upstream",
        "erfinv(x) is computed as ndtri((1 + x) / 2) / √2, in which a small x is lost, and is infinite beyond 1",
    ),
    "minus_zero_lost": ("upstream", "-x is 0 - x, and the root and erfinv of -0 are 0 as well"),
    "root_estimated": (
        "upstream",
        "eight roots of float32 at once are x · RSQRTPS(x), refined once: NaN of infinity, 0 of subnormal numbers",
    ),
    "exp_from_least": ("upstream", "exp takes -88.723 for what is less, of float64 -709.784, and is subnormal for all"),
    "out_of_range": ("upstream", "erf is a quotient of polynomials, which nothing keeps within 1"),
    "exp_less_one": ("upstream", "elu, celu and selu are exp(x) - 1, and 0 of what is small"),
    "log_of_one_added": (
        "upstream",
        "softplus, mish, log_sigmoid and cross-entropy are log(1 + exp(x)), whose sum rounds to 1",
    ),
    "slope_of_one_added": ("upstream", "the gradient of mish has a softplus that is log(1 + exp(x))"),
    "halved_last": ("upstream", "gelu is x * (1 + erf(x / √2)) / 2, which overflows before it is halved"),
    "gradient_multiplied": ("upstream", "celu's gradient is multiplied by 0 where it should be cut off"),
    "half_shift_wraps": (
        "upstream",
        "a float32 of 2⁻⁸⁹ to 2⁻⁷⁷ becomes a float16 2⁶⁴ times as large: its mantissa is shifted by more than 63 bits",
    ),
    "reciprocal_estimated": ("upstream", "eight inverse roots of float32 at once are RSQRTPS, refined once"),
    "constants_in_float32": ("upstream", "alpha and slopes are float32s, whatever the tensor is"),
    "slope_of_seven_digits": ("by design", "the slope of hard_sigmoid is 0.1666667, as its documentation has it"),
    "equal_if_close": ("by design", "floats are equal if they differ by less than 1e-15"),
}

MOST = 1e-3
"""Paddle's check: "'epsilon' in Op(LayerNorm) should be between 0.0 and 0.001"."""


def _overflows_below(case: Case) -> bool:
    """Of eight numbers at once; fewer are right."""
    x = case.inputs()[0]
    with np.errstate(over="ignore", invalid="ignore"):
        return x.size >= 8 and bool(np.isinf(x * np.exp(-x))[np.isfinite(x)].any())


def _crossed(case: Case) -> bool:
    return bool(case.attributes["low"] > case.attributes["high"])


ELEMENTS = (
    *mistakes("paddle", _FUNCTIONS, versions=_SEEN),
    endless("paddle", _SEEN),
    far_strides("paddle", _SEEN, ("conv2d", "conv2d_input_gradient_law")),
    share_of_infinity("paddle", _SEEN, "abs", "l1_loss"),
    *PAIRS,
    Fact(
        "paddle-slopes-in-32-bits",
        "upstream",
        "gradients of log_sigmoid, selu and pools of float64 are computed in float32",
        ops=("log_sigmoid", "selu", "adaptive_avg_pool2d", "ceil_avg_pool2d"),
        aspects=("gradient",),
        reproduces="in_32_bits",
        versions=_SEEN,
    ),
    refused(
        "paddle-no-kernel",
        "an op has a kernel for a dtype, and its gradient, or its shape function, none",
        "is not registered. Selected wrong DataType",
        "abstract evaluation refuses what execution accepts: TypeError: The data type of",
        aspects=("gradient", "shape"),
        versions=_SEEN,
    ),
    refused(
        "paddle-32-bits",
        "attributes are numbers of 32 bits",
        "exceeds int32 range",
        versions=_SEEN,
    ),
    refused(
        "paddle-two-axes",
        "interpolate takes the mode nearest for two or three axes",
        "'NEAREST' only support 4-D or 5-D tensor",
        owner="by design",
        ops=("resize_nearest",),
        versions=_SEEN,
    ),
    refused(
        "paddle-einsum-diagonal",
        "einsum sums over an axis that the diagonal of a letter named twice has taken away",
        "The reduce dim index",
        ops=("einsum",),
        versions=_SEEN,
    ),
    refused(
        "paddle-layer_norm-vector",
        "layer_norm takes one axis of weights alone",
        "The dimensions of Input(Scale) must be",
        ops=("layer_norm",),
        versions=_SEEN,
    ),
    one_pass("paddle", ("group_norm",), "the variance of group_norm is E[x²] - E[x]²", versions=_SEEN),
    *(
        Fact(
            f"paddle-{op}-of-none",
            "upstream",
            f"{op} refuses the number 0, whose answer is empty",
            ops=(op,),
            aspects=("value", "gradient"),
            verdicts=("rejects",),
            when=lambda case, word=word: case.attributes[word] == 0,
            versions=_SEEN,
        )
        for op, word in (("topk", "k"), ("repeat", "repeats"))
    ),
    Fact(
        "paddle-silu-derivative",
        "upstream",
        "the gradient of silu is made of x · exp(-x), which overflows far below 0",
        ops=("silu", "swiglu"),
        aspects=("gradient",),
        verdicts=("special",),
        when=_overflows_below,
        versions=_SEEN,
    ),
    Fact(
        "paddle-epsilon",
        "by design",
        "layer_norm takes no epsilon above 0.001",
        ops=("layer_norm",),
        aspects=("value", "gradient"),
        verdicts=("rejects",),
        when=lambda case: case.attributes["eps"] > MOST,
        versions=_SEEN,
    ),
    Fact(
        "paddle-crossed-limits",
        "by design",
        "clip refuses a lower limit above the upper one",
        ops=("clamp",),
        aspects=("value", "gradient", "shape"),
        verdicts=("rejects",),
        when=_crossed,
        versions=_SEEN,
        pins=(
            Case("clamp", (Tensor((2,), "float32", Fill("literal", values=(1.0, math.nan))),), {"low": 2, "high": -1}),
        ),
    ),
)
