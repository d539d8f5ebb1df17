"""Differences of XLA, for the frameworks that compile with it. Imports none of them."""

from __future__ import annotations

import math

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.geometry import spatial_axes
from opassay.adapters.kernels.elements import Told, mistakes
from opassay.adapters.kernels.refusals import refused
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.numeric_model import NumericModel, NumericRule

ABORTS = "XLA ends the process over a shape whose size overflows, instead of raising"
_BOTH = ("value", "gradient")
_PANEL = 2**15
"""Channels up to which a product of one term is correct: 32,768 were, 33,000 were not."""
_FLUSH_URL = "https://github.com/jax-ml/jax/issues/16200"
_FLUSH_TITLE = "Subnormal `jax.numpy` arrays equal to 0"


DOCUMENTED = (
    NumericRule(NumericModel(accumulator="float32", functions="jax-cpu"), dtype="float32"),
    NumericRule(NumericModel(accumulator="float64", functions="jax-cpu-float64"), dtype="float64"),
)
"""Errors of its functions on the CPU, of float32 for every input, of float64 for those that JAX's authors sampled:
https://docs.jax.dev/en/latest/accuracy.html

``tests/benchmarks/functions.py jax`` tested 54 functions and their gradients 1,000 times each: erf beyond 1, and the
gradients of soft_sign, hypot and logaddexp were outside.
"""

FUNCTIONS: Told = {
    "beyond_its_page": (
        "upstream",
        "acos of float32 errs by up to 2.29 units in the last place (38 numbers from 2**-14 on by more than 2), tan by "
        "1.39 (48 numbers from 1/4 to 8 by more than 1), where JAX's page of accuracy says 1.5 and 0.5",
    ),
    "exp2_by_exp": ("upstream", "exp2(x) is exp(x · ln 2), whose product is rounded to the operand's dtype"),
    "asin_of_parts": ("by design", "asin(x) is 2 · atan2(x, 1 + √(1 - x²)), half of which may be subnormal"),
    "lgamma_by_lanczos": (
        "upstream",
        "lgamma and its derivative are Lanczos sums, whose terms cancel near 1 and 2",
    ),
    "erfc_by_exp": ("upstream", "erfc is a product with exp(-x²), in which x² is rounded"),
    "beyond_its_range": (
        "upstream",
        "polynomials are asked beyond the range that they are for: log1p of float64 below √½ - 1, and exp of float32 "
        "above 127½ · ln 2, whose power of 2 is 127 at most",
    ),
    "divided_by_reciprocal": (
        "upstream",
        "a / b is a · (1/b) where b is broadcast, such as a scalar. In float16 1/b overflows: 3e-5 / 1e-5 is infinite "
        "and 0 / 1e-5 NaN; in float32 it is flushed to 0: 1.5e38 / 3e38 is 0. Whole quotients may be one less: the "
        "gradient of fmod(41, 41) by the divisor is 0, not -1",
    ),
    "nan_passed_over": ("upstream", "the smallest of several rows passes over a NaN beside an infinity"),
    "out_of_range": ("upstream", "erf is a quotient of polynomials, which nothing keeps within 1"),
}
"""Differences of its element-wise functions, on the CPU."""


def facts(
    adapter: str, modes: tuple[str, ...] = (), versions: str = "", grouped: tuple[str, ...] = ()
) -> tuple[Fact, ...]:
    """The facts of ``adapter`` in the modes in which it computes with XLA; in ``grouped``, those of grouped
    convolutions only.

    Subnormals: their products with infinity are NaN, see "Inconsistent results for epsilon * inf on CPU",
    https://github.com/jax-ml/jax/issues/4042. Groups: ConvolutionGroupConverter and SwapConvOperands (algebraic
    simplifier) of XLA's CPU compiler. One dense filter is made for float64 with one input channel per group; for other
    dtypes the gradient of the filters turns the groups into an axis that is dilated with zeros. Maxima:
    select-and-scatter, whose comparison is "greater or equal".
    """
    seen = {"aspects": _BOTH, "modes": modes, "versions": versions}
    return (
        *mistakes(f"{adapter}-xla", FUNCTIONS, modes=modes, versions=versions, needs=ON_CPU),
        Fact(
            f"{adapter}-xla-flush",
            "by design",
            "XLA on the CPU flushes subnormals to zero, so that their product with infinity is NaN",
            reproduces="subnormals_flushed",
            url=_FLUSH_URL,
            title=_FLUSH_TITLE,
            needs=ON_CPU,
            **seen,
        ),
        Fact(
            f"{adapter}-xla-compared",
            "by design",
            "XLA on the CPU flushes subnormals to zero, also where it compares them",
            ops=("selects_maximum",),
            reproduces="subnormals_compared_as_zero",
            url=_FLUSH_URL,
            title=_FLUSH_TITLE,
            needs=ON_CPU,
            **seen,
        ),
        Fact(
            f"{adapter}-xla-groups",
            "upstream",
            "zeros that stand for the other groups are multiplied with their NaN and infinities",
            ops=("convolves",),
            reproduces="dense_groups",
            needs=ON_CPU,
            **{**seen, "modes": (*modes, *grouped)},
        ),
        Fact(
            f"{adapter}-xla-maximum",
            "upstream",
            "the gradient of a window with NaN, or of -inf beside padding, does not go to the first maximum",
            ops=("selects_maximum",),
            reproduces="kept_if_not_less",
            **seen,
        ),
    )


def attention(adapter: str, modes: tuple[str, ...], versions: str = "") -> Fact:
    """The gradient of JAX's attention, whose products are to be accumulated in float32."""
    return refused(
        f"{adapter}-xla-single-query",
        "a product by a single number goes to ElementalIrEmitter, which has no ALG_DOT_BF16_BF16_F32",
        "Algorithm not supported by the ElementalIrEmitter",
        aspects=("gradient",),
        modes=modes,
        versions=versions,
        needs=ON_CPU,
    )


def goes_beyond_panel(case: Case) -> bool:
    """More than ``_PANEL`` channels, a window of one tap of one channel, and an image that is one element wide.

    Images two elements wide, images of two channels, and images of one or three axes were correct.
    """
    x, w = case.tensors[:2]
    narrow = x.shape[spatial_axes(case.attributes["layout"])[-1]] == 1
    return narrow and math.prod(w.shape) == w.shape[-1] > _PANEL


def beyond_panel(adapter: str, modes: tuple[str, ...], versions: str = "") -> Fact:
    """The answer of JAX's convolutions; TensorFlow's, compiled by XLA, are correct up to 66,063 channels."""
    return Fact(
        f"{adapter}-xla-beyond-panel",
        "upstream",
        "a 1x1 convolution of one channel to more than 32,768, of an image one value wide, does not write what "
        "it returns; with one thread (NPROC=1, or a machine of one core) it never ends",
        ops=("conv2d", "biased_conv2d"),
        aspects=_BOTH,
        verdicts=("hang", "nondeterministic", "numeric", "special", "structural"),
        when=goes_beyond_panel,
        modes=modes,
        versions=versions,
        needs=ON_CPU,
    )
