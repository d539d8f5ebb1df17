"""Differences of Paddle in element-wise ops. Does not import Paddle."""

from __future__ import annotations

import math

import numpy as np

from opassay.adapters.kernels.elements import Told, endless, gradient, mistakes, share_of_infinity
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
    "constants_in_float32": ("upstream", "alpha and slopes are float32s, whatever the tensor is"),
    "slope_of_seven_digits": ("by design", "the slope of hard_sigmoid is 0.1666667, as its documentation has it"),
    "equal_if_close": ("by design", "floats are equal if they differ by less than 1e-15"),
}

MOST = 1e-3
"""Paddle's check: "'epsilon' in Op(LayerNorm) should be between 0.0 and 0.001"."""

NO_SLOPE = {
    "exp": ("float16",),
    "log": ("bfloat16", "float16"),
    "log2": ("bfloat16",),
    "log10": ("bfloat16", "float16"),
    "log1p": ("bfloat16", "float16"),
}
NO_WAY_BACK = {"tile": ("float16",)}
"""Kernels of functions, and of ops that move elements, without a second gradient in these dtypes."""


def _without_slope(case: Case) -> bool:
    return case.tensors[-1].dtype in (NO_SLOPE | NO_WAY_BACK)[case.op]


def _overflows_below(case: Case) -> bool:
    x = case.inputs()[0]
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isinf(x * np.exp(-x))[np.isfinite(x)].any())


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
        "gradients of log_sigmoid and selu of float64 are computed in float32",
        ops=("log_sigmoid", "selu"),
        aspects=("gradient",),
        reproduces="in_32_bits",
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
        "paddle-no-slope",
        "upstream",
        "the function has a kernel for this dtype, and its gradient has none",
        ops=(*NO_SLOPE, *NO_WAY_BACK),
        aspects=("gradient",),
        verdicts=("rejects",),
        when=_without_slope,
        versions=_SEEN,
        pins=tuple(gradient(op, dtype, 1) for op, kinds in NO_SLOPE.items() for dtype in kinds),
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
