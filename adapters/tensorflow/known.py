"""What TensorFlow is known to do differently. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from adapters.geometry import effective, spatial_axes
from adapters.known_linear import nan_by_flush
from adapters.known_predicates import (
    breaks,
    dilated_with_padding,
    empty,
    holds_positive_subnormal,
    holds_subnormal,
    known,
    read_pins,
)
from adapters.tensorflow.known_empty import (
    ONE_DNN,
    padded_outside,
    refused_argmax,
    refused_transposed_filters,
    shaped_as_input,
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
)
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "tensorflow 2.21.0, CPU"
_EMPTY = "a window that does not fit gives an empty tensor instead of an error"
_FLUSH = "kernels flush subnormals to zero or compare them as zero"


def _flushed_relu(case: Case) -> bool:
    # One number alone is not done by a vector instruction, which then keeps a negative one.
    alone = case.tensors[0].size == 1 and case.tensors[0].dtype == "float32"
    return holds_positive_subnormal(case) or (alone and holds_subnormal(case))


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


def _other_groups(case: Case) -> bool:
    """Channels that make up another number of groups than the one asked for."""
    if case.rule != "ChannelMismatch":
        return False
    channels, (_, _, taken, made) = _channels(case.tensors[0].shape, case), case.tensors[1].shape
    return channels % taken == 0 and made % (channels // taken) == 0


def _other_output_groups(case: Case) -> bool:
    if case.rule != "OutputChannels":
        return False
    made, (_, _, given, taken) = _channels(case.attributes["output_shape"], case), case.tensors[1].shape
    return made % given == 0 and taken % (made // given) == 0


def _cropping_kernel(case: Case) -> bool:
    """Where oneDNN's kernel is not the one that is used, padding is an op of its own.

    Too broad: oneDNN does not make every one of the cropped convolutions, and what decides that is not known.
    """
    plain = (
        case.attributes["layout"] == "NHWC" and case.attributes["groups"] == 1 and max(case.attributes["dilation"]) == 1
    )
    return case.rule == "PadNegative" and case.tensors[0].dtype in ONE_DNN and not plain


def _negative_extents(case: Case) -> list[int]:
    """The extents asked of oneDNN's kernel: with explicit padding where that is an op of its own."""
    how = case.attributes
    extents = [how["output_shape"][axis] for axis in spatial_axes(how["layout"])]
    if not padded_outside(case.tensors[0].dtype, how):
        return extents
    return [n + sum(pad) for n, pad in zip(extents, how["padding"], strict=True)]


def _negative(case: Case) -> bool:
    return case.rule == "OutputNegative" and case.tensors[0].dtype == "float32" and min(_negative_extents(case)) < 0


def _negative_and_empty(case: Case) -> bool:
    return case.rule == "OutputNegative" and case.tensors[0].dtype in ONE_DNN and 0 in _negative_extents(case)


def _not_one_dnn(case: Case) -> bool:
    """oneDNN rounds the negative number of windows to 0 before it adds 1, and then refuses the pool."""
    if case.rule != "WindowLargerThanInput":
        return False
    how = case.attributes
    extents = [case.tensors[0].shape[axis] for axis in spatial_axes(how["layout"])]
    rounded = any(k > n and s > 1 for k, n, s in zip(how["window"], extents, how["stride"], strict=True))
    return not (case.tensors[0].dtype in ONE_DNN and max(how["dilation"]) == 1 and rounded)


def _unchecked_when_empty(case: Case) -> bool:
    small = case.rule == "OutputTooSmall" and 0 in case.attributes["output_shape"]
    return small and isinstance(case.attributes["padding"], str) and case.tensors[0].dtype in ONE_DNN


def _wide_and_dilated(case: Case) -> bool:
    return case.rule == "PadNotSmallerThanWindow" and max(case.attributes["dilation"]) > 1


_WIDE = "padding is an op of its own here, of any amount"
_NAN = "a NaN that is not the first element of its window is dropped"
_IMPLICIT = "groups are implied by the filter's channels, so other channels mean other groups"

KNOWN = (
    *GRADIENTS,
    *ERRORS,
    *PRODUCTS,
    *(
        known(
            _PINS, f"tensorflow-{op}-window-larger", "accepts", covers, owner="by design", reason=_EMPTY, versions=_SEEN
        )
        for op, covers in (
            ("conv2d", breaks("WindowLargerThanInput")),
            ("avg_pool2d", breaks("WindowLargerThanInput")),
            ("max_pool2d", _not_one_dnn),
            ("max_pool2d_with_argmax", breaks("WindowLargerThanInput")),
        )
    ),
    *(
        known(
            _PINS, f"tensorflow-{op}-wide-padding", "accepts", covers, owner="by design", reason=_WIDE, versions=_SEEN
        )
        for op, covers in (
            ("avg_pool2d", breaks("PadNotSmallerThanWindow")),
            ("max_pool2d", _wide_and_dilated),
            ("max_pool2d_with_argmax", breaks("PadNotSmallerThanWindow")),
        )
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
            modes=modes,
        )
        for asked, modes in (("shape", ("eager",)), ("traced", ("function", "xla")))
    ),
    known(
        _PINS,
        "tensorflow-avg_unpool2d-window-zero",
        "accepts",
        breaks("WindowZero"),
        owner="by design",
        reason="composed of repeats, which may be zero",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-max_unpool2d-channel",
        "accepts",
        breaks("IndexWrongChannel"),
        owner="by design",
        reason="composed of a scatter over the whole sample, where every channel is in range",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d-rank-three",
        "crash",
        lambda case: case.rule == "RankThree" and case.tensors[0].dtype in ("float32", "bfloat16"),
        owner="upstream",
        reason="an input of rank 3 in NCHW ends the process",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d_transpose-negative",
        "crash",
        _negative,
        owner="upstream",
        reason="a negative extent in output_shape ends the process",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d-no-channels",
        "rejects",
        empty(1),
        owner="upstream",
        reason="refuses a filter without elements, whose answer is zeros or empty",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d-empty",
        "shape",
        shaped_as_input,
        owner="upstream",
        reason="answers an empty input with the input's own shape",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d_with_argmax-empty",
        "rejects",
        refused_argmax,
        owner="upstream",
        reason="refuses an empty input, whose answer is empty",
        versions=_SEEN,
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
            ("relu", _flushed_relu),
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
    known(
        _PINS,
        "tensorflow-conv2d-channels",
        "accepts",
        _other_groups,
        owner="by design",
        reason=_IMPLICIT,
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d_transpose-channels",
        "accepts",
        _other_output_groups,
        owner="by design",
        reason=_IMPLICIT,
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d-negative-padding",
        "accepts",
        _cropping_kernel,
        owner="upstream",
        reason="negative explicit padding crops where one kernel is used, and is refused where another is",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d_transpose-empty-output",
        "accepts",
        _unchecked_when_empty,
        owner="upstream",
        reason="an output_shape of extent 0 is not checked against the input",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d_transpose-negative-output",
        "accepts",
        _negative_and_empty,
        owner="upstream",
        reason="returns an empty tensor for a negative extent where it does not end the process",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-conv2d_transpose-no-filters",
        "rejects",
        refused_transposed_filters,
        owner="upstream",
        reason="refuses a filter without elements, whose answer is zeros or empty",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-dilated-padding",
        "structural",
        padded_with_zeros("structural"),
        owner="upstream",
        reason="tf.nn.pool with dilation pads with zeros, which take part in the maximum",
        versions=_SEEN,
    ),
    *(
        known(_PINS, f"tensorflow-{op}-nan", "special", dropped_nan, owner="upstream", reason=_NAN, versions=_SEEN)
        for op in ("max_pool2d", "max_pool2d_with_argmax")
    ),
    known(
        _PINS,
        "tensorflow-max_pool2d-dilated-rounding-fill",
        "numeric",
        padded_with_zeros("numeric"),
        owner="upstream",
        reason="tf.nn.pool with dilation pads with zeros, which take part in the maximum",
        versions=_SEEN,
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
