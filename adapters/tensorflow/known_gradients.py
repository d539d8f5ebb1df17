"""What TensorFlow is known to do differently in gradients. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from adapters.known_predicates import (
    dilated_with_padding,
    empty_anywhere,
    holds_subnormal,
    known,
    not_finite_where_cut,
    odd_maximum,
    read_pins,
    subnormal_meets_infinity,
)
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "tensorflow 2.21.0, CPU"
_FLUSH = "kernels flush subnormals to zero or compare them as zero"
_NAN_URL = "https://github.com/tensorflow/tensorflow/issues/125965"
_NAN_TITLE = "CPU MaxPool2D returns different results for identical float64 channels containing NaN"


def _window_exceeds_input(case: Case) -> bool:
    # oneDNN, which does float32 and bfloat16, is right.
    x, first = case.tensors[0].shape, 1 if case.attributes["layout"] == "NHWC" else 2
    return case.tensors[0].dtype in ("float16", "float64") and any(
        k > n for k, n in zip(case.attributes["window"], x[first : first + 2], strict=True)
    )


def _odd_relu(case: Case) -> bool:
    return not_finite_where_cut(case) or holds_subnormal(case)


def _grouped_double(case: Case) -> bool:
    special = any(tensor.fill.kind in ("special", "literal") for tensor in case.all_tensors)
    return case.tensors[0].dtype == "float64" and case.attributes["groups"] > 1 and special


def _scalar_list(case: Case) -> bool:
    return len(case.tensors[0].shape) == 1 or empty_anywhere(case)


GRADIENTS = (
    *(
        known(
            _PINS,
            f"tensorflow-{where}-empty",
            "rejects",
            empty_anywhere,
            owner="upstream",
            reason="refuses an extent of 0 whose gradients are well defined",
            versions=_SEEN,
        )
        for where in (
            "conv2d-gradient",
            "conv2d_transpose-gradient",
            "max_pool2d_with_argmax-gradient",
            "conv2d_vjp-gradient",
            "conv2d_transpose_vjp-gradient",
            "avg_pool2d-gradient",
            "avg_pool2d_vjp-gradient",
            "conv2d_input_gradient_law-value",
        )
    ),
    *(
        known(
            _PINS,
            f"tensorflow-avg_pool2d-gradient-wide-window-{verdict}",
            verdict,
            _window_exceeds_input,
            owner="upstream",
            reason="the gradient under a window larger than the input is wrong in every element",
            versions=_SEEN,
            url="https://github.com/tensorflow/tensorflow/issues/48773",
            title="Wrong results of AvgPoolGrad and AvgPool3dGrad in some specific shapes",
        )
        for verdict in ("structural", "numeric")
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-gradient-empty-shape",
            "shape",
            empty_anywhere,
            owner="upstream",
            reason="convolutions of nothing answer with the shape of their input, here in a gradient",
            versions=_SEEN,
        )
        for op in ("conv2d_transpose", "conv2d_vjp", "conv2d_transpose_vjp")
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-gradient-vector",
            "rejects",
            _scalar_list,
            owner="upstream",
            reason="takes one index vector for a list of scalar indices, and refuses empty shapes",
            versions=_SEEN,
        )
        for op in ("scatter_nd", "scatter_nd_vjp")
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{where}-subnormal",
            "special",
            subnormal_meets_infinity,
            owner="by design",
            reason=_FLUSH + ", so that their product with infinity is NaN",
            versions=_SEEN,
        )
        for where in (
            "conv2d-gradient",
            "conv2d_transpose-gradient",
            "matmul-gradient",
            "conv2d_input_gradient_law-value",
        )
    ),
    known(
        _PINS,
        "tensorflow-conv2d_transpose-gradient-groups",
        "special",
        _grouped_double,
        owner="ours",
        reason="float64 groups are composed by a sum in which zeros meet NaN and infinity",
        versions=_SEEN,
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-gradient-nan-{verdict}",
            verdict,
            odd_maximum,
            owner="upstream",
            reason="the gradient of a window with NaN, or of -inf beside padding, does not go to the first maximum",
            versions=_SEEN,
            url=_NAN_URL,
            title=_NAN_TITLE,
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
        for verdict in ("special", "numeric")
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-gradient-dilated-padding",
        "numeric",
        dilated_with_padding,
        owner="upstream",
        reason="tf.nn.pool with dilation pads with zeros, which take part in the maximum",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-avg_pool2d_vjp-gradient-xla-empty",
        "shape",
        lambda case: 0 in case.tensors[0].shape,
        owner="upstream",
        reason="XLA's second derivative of an average pool over an empty image is not empty",
        versions=_SEEN,
        modes=("xla",),
    ),
    known(
        _PINS,
        "tensorflow-conv_relu_pool-gradient-xla-ties",
        "structural",
        lambda case: True,
        owner="upstream",
        reason="in XLA the gradient of equal maxima does not always go to the first",
        versions=_SEEN,
        modes=("xla",),
    ),
    *(
        known(
            _PINS,
            f"tensorflow-relu-gradient-{verdict}",
            verdict,
            _odd_relu,
            owner="upstream",
            reason="multiplies the cotangent by 0 where it should be cut off, and flushes subnormals",
            versions=_SEEN,
        )
        for verdict in ("special", "numeric")
    ),
)
