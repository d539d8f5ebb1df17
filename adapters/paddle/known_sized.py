"""Differences of Paddle in resizing and in answers whose size depends on values. Does not import Paddle."""

from __future__ import annotations

from opassay.adapters.kernels.refusals import refused
from opassay.adapters.kernels.shaped import empty, scalar
from opassay.harness.model.fact import Fact

_SEEN = "paddle 3.3.1, CPU"

SIZED = (
    Fact(
        "paddle-first-of-axis",
        "upstream",
        "in two dimensions an extent that becomes 1 has the ratio 0, also of half pixels: the first row or column",
        ops=("resize_linear",),
        aspects=("value", "gradient"),
        reproduces="first_of_axis",
        versions=_SEEN,
    ),
    refused(
        "paddle-output-padding",
        "a transposed convolution refuses output_padding that is not less than the stride, beside dilation as well",
        "are inconsistent",
        ops=("biased_conv_transpose2d",),
        versions=_SEEN,
    ),
    Fact(
        "paddle-nonzero-scalar",
        "by design",
        "paddle.nonzero takes no scalar",
        ops=("nonzero",),
        verdicts=("rejects",),
        when=scalar,
        versions=_SEEN,
    ),
    Fact(
        "paddle-unique-inferred",
        "upstream",
        "inference of unique leaves out the dtype, and has float32",
        ops=("unique",),
        aspects=("shape",),
        verdicts=("dtype",),
        when=lambda case: case.tensors[0].dtype != "float32",
        versions=_SEEN,
    ),
    Fact(
        "paddle-unique-nothing",
        "upstream",
        "of nothing, paddle.unique answers in the shape of what it was given",
        ops=("unique",),
        verdicts=("shape",),
        when=empty,
        versions=_SEEN,
    ),
)
