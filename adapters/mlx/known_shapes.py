"""What MLX refuses, and where it returns another shape. Does not import MLX."""

from __future__ import annotations

from typing import Any

from opassay.adapters.kernels.elements import holds_nan
from opassay.adapters.kernels.predicates import empty
from opassay.adapters.kernels.refusals import refused
from opassay.adapters.kernels.values import empty_anywhere
from opassay.adapters.mlx.known_predicates import (
    SEEN,
    beyond_windows,
    channelless,
    cropped,
    dilated_float64,
    empty_slices,
    steep,
    wide,
    widest,
)
from opassay.harness.model.fact import Fact

_ASKED = ("value", "gradient", "shape")


def _refused(name: str, reason: str, ops: str, when: Any, *verdicts: str, aspects: tuple[str, ...] = _ASKED) -> Fact:
    told: dict[str, Any] = {"aspects": aspects, "verdicts": verdicts or ("rejects",), "when": when, "versions": SEEN}
    return Fact(f"mlx-{name}", "upstream", reason, ops=tuple(ops.split()), **told)


SHAPES = (
    refused(
        "mlx-nothing-to-reduce",
        "what has no element is refused, even where no answer is to come of it",
        "reduce zero size array",
        "] Cannot max reduce",
        "[logsumexp] Received empty array",
        aspects=_ASKED,
        when=empty_anywhere,
        versions=SEEN,
    ),
    refused(
        "mlx-scatters-nothing",
        "updates without elements are refused, though the array has none either",
        "[scatter] Updates with shape",
        aspects=_ASKED,
        when=empty_anywhere,
        versions=SEEN,
    ),
    Fact(
        "mlx-reduces-nothing",
        "upstream",
        "where no extent of the reduced axes is left, the loop over them (nd_loop) reads behind their list",
        ops=("var", "std", "layer_norm"),
        aspects=_ASKED,
        verdicts=("hang", "crash"),
        when=empty_anywhere,
        versions=SEEN,
        flaky="what lies in memory behind the list",
    ),
    _refused(
        "diagonal-of-nothing",
        "the gradient of a diagonal divides by an extent, which ends the process where that is 0",
        "diagonal",
        empty(0),
        "crash",
        aspects=("gradient",),
    ),
    refused(
        "mlx-wide-stride",
        "strides and dilations are numbers of 32 bits",
        "incompatible function arguments",
        aspects=_ASKED,
        when=wide,
        versions=SEEN,
    ),
    refused(
        "mlx-gradient-of-nothing",
        "the gradient of a convolution is reshaped with an extent to infer, which an empty one does not tell",
        "[reshape] Cannot infer the shape of an empty array",
        aspects=("gradient",),
        when=empty_anywhere,
        versions=SEEN,
    ),
    refused(
        "mlx-no-room",
        "a transposed convolution refuses an image without rows or columns",
        "[conv] Spatial dimensions of input after padding cannot be smaller",
        aspects=_ASKED,
        ops=("conv2d_transpose",),
        when=empty(0),
        versions=SEEN,
    ),
    refused(
        "mlx-cropped-before-dilated",
        "padding beyond the window is rows to leave out, which are left out of the image before its stride separates "
        "them: the answer is smaller",
        "[reshape] Cannot reshape array",
        "[conv] Spatial dimensions of input after padding cannot be smaller",
        aspects=_ASKED,
        ops=("conv2d_transpose",),
        when=cropped,
        versions=SEEN,
    ),
    _refused(
        "transposed-gradient-cut",
        "rows that no window reaches are padding that is lacking at the end, and the gradient is a row smaller",
        "conv2d_transpose",
        beyond_windows,
        "shape",
        aspects=("gradient",),
    ),
    _refused(
        "stride-allocated",
        "a gradient allocates an image of all strides, which ends the process",
        "conv2d conv2d_transpose",
        widest,
        "crash",
        aspects=("gradient",),
    ),
    _refused(
        "convolves-nothing",
        "convolutions divide by a number of channels, and gradients of transposed ones by that of images, which ends "
        "the process (SIGFPE); a product of no columns ends it in BLAS, with status 0",
        "conv2d conv2d_transpose",
        channelless,
        "crash",
    ),
    _refused(
        "empty-slices",
        "scatters divide by the size of a slice, which ends the process (SIGFPE)",
        "scatter_nd",
        empty_slices,
        "crash",
        aspects=("value", "shape"),
    ),
    _refused(
        "gathered-empty-slices",
        "the gradients of gathers are scatters of slices, which divide by their size",
        "embedding gather",
        empty_slices,
        "crash",
        aspects=("gradient",),
    ),
    _refused("dilated-float64", "convolutions with dilation have no float64", "conv2d", dilated_float64),
    Fact(
        "mlx-upsampled-in-float32",
        "upstream",
        "nn.Upsample multiplies by weights of float32, and answers in that",
        ops=("resize_linear",),
        aspects=_ASKED,
        verdicts=("dtype",),
        words=("float16",),
        versions=SEEN,
    ),
    _refused(
        "steep-leaky-relu",
        "it is the larger of x and slope · x, which is the other one where the slope is above 1",
        "leaky_relu",
        steep,
        "numeric",
        "structural",
        "special",
        aspects=("value", "gradient"),
    ),
    _refused(
        "maximum-of-nan",
        "the gradient of a maximum of NaN is NaN for its whole window",
        "max_pool2d",
        holds_nan,
        "special",
        aspects=("gradient",),
    ),
)
