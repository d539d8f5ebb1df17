"""What TensorFlow is known to do differently. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from adapters.geometry import effective
from adapters.known_linear import nan_by_flush
from adapters.known_predicates import (
    dilated_with_padding,
    empty,
    known,
    read_pins,
)
from adapters.known_relu import flushed_relu
from adapters.tensorflow.known_empty import (
    WITH_ONE_DNN,
    WITHOUT_ONE_DNN,
    no_filter_anywhere,
    no_filter_for_onednn,
    refused_argmax,
    refused_transposed_filters,
    shaped_as_input,
    transposed_refused_without_onednn,
)
from adapters.tensorflow.known_errors import ERRORS
from adapters.tensorflow.known_gradients import GRADIENTS
from adapters.tensorflow.known_matmul import PRODUCTS
from adapters.tensorflow.known_pools import (
    dropped_nan,
    flushed_maximum,
    lost_infinity,
    other_axes,
    other_axes_of_any,
    padded_with_zeros,
    padded_with_zeros_in_xla,
)
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "tensorflow 2.21.0, CPU"
_CPU = ("eager", "function", "dynamic")
_FLUSH = "kernels flush subnormals to zero or compare them as zero"


def _channels(shape: tuple[int, ...], case: Case) -> int:
    return shape[3 if case.attributes["layout"] == "NHWC" else 1]


def _pooled_without_channels(case: Case) -> bool:
    """No channels, and tf.nn has the pool itself: with SAME its shape function divides instead."""
    attributes = case.attributes
    own = max(attributes["dilation"]) == 1 or max(attributes["stride"]) == 1
    return _channels(case.tensors[0].shape, case) == 0 and attributes["padding"] != "SAME" and own


def _too_small_by_other_axes(case: Case) -> bool:
    """NCHW, dilated: the height gets no padding and the width that of the height, so that no window fits."""
    attributes = case.attributes
    if attributes["layout"] != "NCHW" or not dilated_with_padding(case) or max(attributes["stride"]) > 1:
        return False
    height, width = case.tensors[0].shape[2:]
    rows, columns = map(effective, attributes["window"], attributes["dilation"])
    return rows > height or columns > width + sum(attributes["padding"][0])


_NAN = "a NaN that is not the first element of its window is dropped"

KNOWN = (
    *GRADIENTS,
    *ERRORS,
    *PRODUCTS,
    *(
        known(
            _PINS,
            f"tensorflow-max_pool2d-{asked}-no-channels",
            "rejects",
            _pooled_without_channels,
            owner="upstream",
            reason="MaxPool's shape function takes 1 off the channels as well, and refuses 0, which the kernel accepts",
            versions=_SEEN,
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
    known(
        _PINS,
        "tensorflow-scatter_nd-vector",
        "rejects",
        lambda case: len(case.tensors[0].shape) == 1,
        owner="upstream",
        reason="takes one index vector for a list of scalar indices",
        versions=_SEEN,
        modes=_CPU,
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-explicit-special",
        "special",
        lost_infinity,
        owner="upstream",
        reason="with explicit padding, NaN is dropped and a window of -inf gives the lowest finite number",
        versions=_SEEN,
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-subnormal",
            "special",
            covers,
            owner="by design",
            reason=_FLUSH,
            versions=_SEEN,
        )
        for op, covers in (
            ("relu", flushed_relu),
            ("max_pool2d", flushed_maximum),
            ("max_pool2d_with_argmax", flushed_maximum),
        )
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-subnormal",
            "special",
            nan_by_flush,
            owner="by design",
            reason=_FLUSH + ", so that their product with infinity is NaN",
            versions=_SEEN,
        )
        for op in ("conv2d", "conv2d_transpose", "matmul")
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
    *(
        known(
            _PINS,
            f"tensorflow-max_pool2d-{name}{where}",
            verdict,
            covers(verdict),
            owner="upstream",
            reason="tf.nn.pool with dilation pads with zeros, which take part in the maximum",
            versions=_SEEN,
            modes=modes,
        )
        for name, verdict in (("dilated-padding", "structural"), ("dilated-rounding-fill", "numeric"))
        for where, covers, modes in (("", padded_with_zeros, _CPU), ("-xla", padded_with_zeros_in_xla, ("xla",)))
    ),
    *(
        known(
            _PINS,
            f"tensorflow-{op}-nan",
            "special",
            dropped_nan,
            owner="upstream",
            reason=_NAN,
            versions=_SEEN,
            modes=modes,
        )
        for op, modes in (("max_pool2d", ()), ("max_pool2d_with_argmax", _CPU))
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
    known(
        _PINS,
        "tensorflow-max_pool2d-dilated-axes-refused",
        "rejects",
        _too_small_by_other_axes,
        owner="upstream",
        reason="tf.nn.pool with dilation in NCHW pads other axes than the spatial ones, and then finds no window",
        versions=_SEEN,
        modes=("xla",),
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-dilated-axes",
        "shape",
        other_axes,
        owner="upstream",
        reason="tf.nn.pool with dilation in NCHW pads other axes than the spatial ones",
        versions=_SEEN,
        modes=_CPU,
        needs=WITH_ONE_DNN,
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-dilated-axes-xla",
        "shape",
        other_axes_of_any,
        owner="upstream",
        reason="tf.nn.pool with dilation in NCHW, which XLA has for every dtype, pads other axes than the spatial ones",
        versions=_SEEN,
        modes=("xla",),
    ),
)
