"""Differences of TensorFlow's own CPU kernels, most of them Eigen's, for all frameworks that call them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opassay.adapters.kernels.averages import WIDE, WIDE_TITLE, WIDE_URL
from opassay.adapters.kernels.elements import Told, holds_nan, mistakes
from opassay.harness.model.fact import Fact

_BOTH = ("value", "gradient")

PACKETS: Told = {
    "beyond_opencl": (
        "upstream",
        "errs by up to 4.5 units in the last place in acos and asin of float32, 3.5 in log and 8.3 in tanh of float64",
    ),
}
"""Differences of Eigen's vectorized functions (GenericPacketMathFunctions.h), for all frameworks built on it."""

KERNELS: Told = {
    "square_overflows": ("upstream", "erf of float64 is a quotient of polynomials in x², NaN where that overflows"),
    "erfc_by_exp": ("upstream", "erfc is a product with exp(-x²), in which x² is rounded"),
    "slope_multiplied_first": (
        "upstream",
        "the gradient of gelu is multiplied by 2/√π first, which overflows, and 0 times that is NaN",
    ),
    "log1p_by_quotient": ("by design", "log(1 + x) is x · log(u) / (u - 1), of several roundings"),
    "expm1_by_quotient": ("by design", "exp(x) - 1 is (u - 1) · x / log(u), of several roundings"),
    "exp_less_one": ("upstream", "elu and selu compute exp(x) - 1, which is 0 for small x, and so the slope at 0"),
    "reciprocal_estimated": (
        "by design",
        "reciprocals are RCPPS's or RSQRTPS's estimate and one step of Newton's, whose correction is lost where it is "
        "subnormal",
    ),
    "added_to_one": ("upstream", "erfinv(x) is computed as ndtri((1 + x) / 2) / √2, in which a small x is lost"),
}
"""Further differences of TensorFlow's kernels."""

DEFINITIONS: Told = {
    "constants_in_float32": (
        "upstream",
        "√½ and 0.044715 in gelu, and the attribute alpha of LeakyRelu, are float32 for every dtype",
    ),
    "zero_gradient_stays": (
        "by design",
        "gradients of roots and reciprocals are 0 where the cotangent is, beside a NaN as well",
    ),
    "gradient_in_steps": (
        "upstream",
        "steps of a gradient over- or underflow although it does not: that of erf is multiplied by 2/√π first, and in "
        "that of pow x^(y - 1) overflows, times a y of 0; the logarithm of what is not above 0 is taken for 0, a NaN "
        "among it",
    ),
    "softplus_of_ends": ("upstream", "softplus is exp(x) below log(eps) + 2, where the two still differ"),
    "cumprod_by_quotient": (
        "upstream",
        "the gradient of Cumprod is a sum of products that is divided by the operand, and 0 where that is 0",
    ),
}
"""Differences in TensorFlow's definitions of functions, whatever computes them."""
_NAN = {
    "url": "https://github.com/tensorflow/tensorflow/issues/125965",
    "title": "CPU MaxPool2D returns different results for identical float64 channels containing NaN",
}


def facts(adapter: str, modes: tuple[str, ...], versions: str = "") -> Iterator[Fact]:
    """The facts of ``adapter`` in the modes in which it calls them."""

    def mistake(name: str, owner: str, reason: str, *ops: str, aspects: tuple[str, ...] = _BOTH, **more: str) -> Fact:
        id = f"{adapter}-{name.replace('_', '-')}"
        told = {"ops": ops, "aspects": aspects, "modes": modes, "versions": versions}
        return Fact(id, owner, reason, reproduces=name, **told, **more)

    yield mistake(
        "subnormals_flushed",
        "by design",
        "threads flush subnormals to zero, so that their product with infinity is NaN",
    )
    told: dict[str, Any] = {"modes": modes, "versions": versions}
    yield from mistakes(adapter, {**PACKETS, **KERNELS}, **told)
    yield mistake(
        "nan_first_only",
        "upstream",
        "with argmax, a NaN that is not the first element of its window is dropped",
        "selects_maximum",
        **_NAN,
    )
    yield mistake(
        "starts_from_lowest",
        "upstream",
        "maxima start from the lowest finite number, which a NaN or -inf does not replace",
        "selects_maximum",
        aspects=("value",),
        **_NAN,
    )
    yield mistake(
        "subnormals_compared_as_zero",
        "by design",
        "threads compare subnormals as zero",
        "selects_maximum",
        aspects=("value",),
    )
    yield mistake(
        "gradient_to_every_maximum",
        "upstream",
        "MaxPool3DGrad sends the cotangent to each element that equals the maximum",
        "max_pool3d",
        aspects=("gradient",),
    )
    yield mistake(
        "gradient_multiplied",
        "upstream",
        "multiplies the cotangent by 0 where it should be cut off",
        "relu",
        aspects=("gradient",),
    )
    yield Fact(
        f"{adapter}-nan-unordered",
        "upstream",
        "top_k, by which TensorFlow sorts, finds a NaN neither larger nor smaller: what it stands beside may stay",
        ops=("argsort", "sort", "topk"),
        aspects=_BOTH,
        verdicts=("structural", "special", "numeric"),
        when=holds_nan,
        url="https://github.com/tensorflow/tensorflow/issues/117287",
        title="`tf.math.top_k` NaN handling is position-dependent in eager, differs from XLA",
        flaky="where the NaN stand",
        **told,
    )
    yield mistake(
        "gradient_window_grown",
        "upstream",
        WIDE,
        "avg_pool2d",
        aspects=("gradient",),
        url=WIDE_URL,
        title=WIDE_TITLE,
    )
