"""What TensorFlow is known to do with tensors without elements. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.known_predicates import attributes_of, empty, known, read_pins
from opassay.adapters.onednn import WITH_ONE_DNN, WITHOUT_ONE_DNN
from opassay.adapters.tensorflow.known_empty import (
    filters_refused_anywhere,
    filters_refused_by_onednn,
    gradient_shaped_as_input,
    no_filter_anywhere,
    no_filter_for_onednn,
    refused_argmax,
    refused_average,
    refused_by_xla,
    refused_transposed_filters,
    second_shaped_as_input,
    shaped_as_input,
    transposed_refused_without_onednn,
)
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "tensorflow 2.21.0, CPU"
_CPU = ("eager", "function", "dynamic")
_REFUSED = "refuses an extent of 0 whose gradients are well defined"
_CONVOLUTIONS = (
    "conv2d-gradient",
    "conv2d_transpose-gradient",
    "conv2d_vjp-gradient",
    "conv2d_transpose_vjp-gradient",
    "conv2d_input_gradient_law-value",
)
"""Where gradients of convolutions are asked for."""


_FORWARD = {
    (where, name): modes
    for where in ("conv2d-gradient", "conv2d_input_gradient_law-value")
    for name, modes in (("", ("eager", "function")), ("-onednn", ("eager",)))
}
"""Modes in which the forward convolution refuses: a graph leaves it out, and looks before at known extents alone."""


def _pooled_without_channels(case: Case) -> bool:
    """No channels, and tf.nn has the pool itself: with SAME its shape function divides instead."""
    attributes = case.attributes
    own = max(attributes["dilation"]) == 1 or max(attributes["stride"]) == 1
    return case.tensors[0].shape[channel_axis(attributes["layout"])] == 0 and attributes["padding"] != "SAME" and own


def _no_image(case: Case) -> bool:
    return any(case.tensors[0].shape[axis] == 0 for axis in spatial_axes(attributes_of(case)["layout"]))


NOTHING = (
    *(
        known(
            _PINS,
            f"tensorflow-{where}-empty{name}",
            "rejects",
            covers,
            owner="upstream",
            reason=_REFUSED,
            versions=_SEEN,
            modes=_FORWARD.get((where, name), _CPU),
            needs=needs,
        )
        for where in _CONVOLUTIONS
        for name, covers, needs in (
            ("", filters_refused_anywhere, ()),
            ("-onednn", filters_refused_by_onednn, WITH_ONE_DNN),
        )
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{where}-empty",
            "rejects",
            covers,
            owner="upstream",
            reason=_REFUSED,
            versions=_SEEN,
            modes=_CPU,
            needs=needs,
        )
        for where, covers, needs in (
            ("max_pool2d_with_argmax-gradient", refused_argmax, ()),
            ("avg_pool2d-gradient", refused_average, WITH_ONE_DNN),
            ("avg_pool2d_vjp-gradient", refused_average, WITH_ONE_DNN),
        )
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-gradient-empty-shape",
            "shape",
            covers,
            owner="upstream",
            reason="convolutions of nothing answer with the shape of their input, here in a gradient",
            versions=_SEEN,
            modes=_CPU,
            needs=WITH_ONE_DNN,
        )
        for op, covers in (
            ("conv2d_transpose", gradient_shaped_as_input),
            ("conv2d_vjp", second_shaped_as_input),
            ("conv2d_transpose_vjp", gradient_shaped_as_input),
        )
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{where}-xla-empty",
            "rejects",
            refused_by_xla,
            owner="upstream",
            reason="XLA refuses the gradients of a convolution without image or filter elements",
            versions=_SEEN,
            modes=("xla",),
        )
        for where in _CONVOLUTIONS
    ),
    known(
        _PINS,
        "tensorflow-avg_pool2d_vjp-gradient-xla-empty",
        "shape",
        _no_image,
        owner="upstream",
        reason="XLA's second derivative of an average pool over an empty image is not empty",
        versions=_SEEN,
        modes=("xla",),
    ),
    *(
        known(
            _PINS,
            f"tensorflow-max_pool2d-{asked}-no-channels",
            "rejects",
            _pooled_without_channels,
            owner="upstream",
            reason="MaxPool's shape function takes 1 off the channels as well, and refuses 0, which the kernel accepts",
            versions=_SEEN,
            url="https://github.com/tensorflow/tensorflow/issues/105647",
            title="XLA compilation error: MaxPooling2D triggers ValueError under empty channel dimension input",
            modes=modes,
        )
        for asked, modes in (("shape", ("eager",)), ("traced", ("function", "xla")))
    ),
    *(
        known(
            _PINS,
            f"tensorflow-conv2d-no-channels{name}",
            "rejects",
            covers,
            owner="upstream",
            reason="refuses a filter without elements, whose answer is zeros or empty",
            versions=_SEEN,
            modes=modes,
            needs=needs,
        )
        for name, covers, modes, needs in (
            ("", no_filter_anywhere, _CPU, ()),
            ("-onednn", no_filter_for_onednn, _CPU, WITH_ONE_DNN),
            ("-xla", empty(1), ("xla",), ()),
        )
    ),
    known(
        _PINS,
        "tensorflow-conv2d-empty",
        "shape",
        shaped_as_input,
        owner="upstream",
        reason="answers an empty input with the input's own shape",
        versions=_SEEN,
        modes=_CPU,
        needs=WITH_ONE_DNN,
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d_with_argmax-empty",
        "rejects",
        refused_argmax,
        owner="upstream",
        reason="refuses an empty input, whose answer is empty",
        versions=_SEEN,
        modes=_CPU,
    ),
    known(
        _PINS,
        "tensorflow-scatter_nd-empty",
        "rejects",
        lambda case: 0 in case.attributes["shape"],
        owner="upstream",
        reason="refuses indices into an empty shape, even where nothing is written",
        versions=_SEEN,
    ),
    *(
        known(
            _PINS,
            f"tensorflow-conv2d_transpose-no-filters{name}",
            "rejects",
            covers,
            owner="upstream",
            reason="refuses a filter without elements, whose answer is zeros or empty",
            versions=_SEEN,
            modes=_CPU,
            needs=needs,
        )
        for name, covers, needs in (
            ("", refused_transposed_filters, ()),
            ("-plain", transposed_refused_without_onednn, WITHOUT_ONE_DNN),
        )
    ),
    known(
        _PINS,
        "tensorflow-conv2d_transpose-xla-no-filters",
        "crash",
        lambda case: case.tensors[1].shape[2] == 0,
        owner="upstream",
        reason="XLA divides by the number of output channels, which is 0, and ends the process (SIGFPE)",
        versions=_SEEN,
        modes=("xla",),
    ),
)
"""Values, inferred shapes and gradients."""
