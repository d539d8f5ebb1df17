"""Valid cases that onnxruntime refuses, by its messages. Does not import onnxruntime."""

from __future__ import annotations

from opassay.adapters.kernels.refusals import of_nothing, refused

_SEEN = {"versions": "onnxruntime 1.32.0, CPU"}
_ISSUES = "https://github.com/microsoft/onnxruntime/issues/"

REFUSALS = (
    refused(
        "onnxruntime-empty",
        "takes no image without pixels, no rows of nothing to normalise, no queries and no labels of none",
        "must be at least 1, got 0",
        "sequence length must be greater than 0",
        "Product cannot be 0 in combination with -1",
        "Invalid input shape",
        "invalid channel count",
        "input_shape.Size() > 0 || input_shape[0] == 0 was false",
        when=of_nothing,
        **_SEEN,
    ),
    refused(
        "onnxruntime-same-refused",
        "auto_pad SAME_UPPER counts the padding as if the window were not dilated, and crops where the stride is wider",
        "Calculated output dimension is negative",
        "padding values must be non-negative",
        ops=("pools",),
        **_SEEN,
    ),
    refused(
        "onnxruntime-wide-padding",
        "pads are less than kernel_shape",
        "Pad should be smaller than kernel",
        "pads[dim] < kernel_shape[dim]",
        owner="by design",
        ops=("pools",),
        url=f"{_ISSUES}23088",
        title="Conflict constraints checking/description about PoolAttributes",
        **_SEEN,
    ),
    refused(
        "onnxruntime-output-padding",
        "output_padding must be below the stride, whatever the dilation",
        "may be too large for stride",
        owner="by design",
        ops=("convolves", "biased_conv_transpose2d"),
        url="https://onnx.ai/onnx/operators/onnx__ConvTranspose.html",
        title="ConvTranspose",
        **_SEEN,
    ),
    refused(
        "onnxruntime-scalar",
        "OneHot and Compress take no scalar",
        "Indices tensor must have rank >= 1",
        owner="by design",
        **_SEEN,
    ),
)
