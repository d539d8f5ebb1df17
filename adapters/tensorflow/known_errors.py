"""What TensorFlow is known to make of invalid input. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.known_larger import (
    DIVIDES_TITLE,
    DIVIDES_URL,
    accepted_anywhere,
    divided_by_nothing,
    refused_by_onednn,
)
from opassay.adapters.known_predicates import breaks, by_rule, overflows, rank_three_in, read_pins
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN, WITHOUT_ONE_DNN
from opassay.adapters.tensorflow.kernel_table import pool_dilates
from opassay.adapters.tensorflow.known_empty import padded_outside
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_known = by_rule(_PINS, "tensorflow", "tensorflow 2.21.0, CPU")
_GROUPS = "groups are no parameter: the filter's channels imply them"
_SCATTER = "composed of a scatter over whole samples, which knows neither channels nor ranks"


def _implied_groups(case: Case) -> int:
    """Into how many groups the channels of a transposed convolution fall; 0 where they do not."""
    made, (_, _, given, taken) = (
        case.attributes["output_shape"][channel_axis(case.attributes["layout"])],
        case.tensors[1].shape,
    )
    return made // given if made % given == 0 and taken % (made // given) == 0 else 0


def _one_group(case: Case) -> bool:
    """What every kernel takes; there are none but oneDNN's for more, and for NCHW."""
    return _implied_groups(case) == 1 and case.attributes["layout"] == "NHWC"


def _implies_one_group(case: Case) -> bool:
    return case.rule == "GroupsZero" and _one_group(case)


def _implies_any_groups(case: Case) -> bool:
    """XLA has the gradient of grouped convolutions for all."""
    return case.rule == "GroupsZero" and _implied_groups(case) > 0 and not _one_group(case)


def _implies_groups(case: Case) -> bool:
    """With explicit padding the kernel is another one."""
    if case.rule != "GroupsZero" or not isinstance(case.attributes["padding"], str):
        return False
    return _implied_groups(case) > 0 and not _one_group(case)


def _past_64_bits(case: Case) -> bool:
    return overflows(case, "output_shape", 2**62) and case.tensors[0].dtype in ONE_DNN


_EMPTY = "a window that does not fit gives an empty tensor instead of an error"


def _other_groups(case: Case) -> bool:
    """Channels that make up another number of groups than the one asked for."""
    if case.rule != "ChannelMismatch":
        return False
    channels, (_, _, taken, made) = (
        case.tensors[0].shape[channel_axis(case.attributes["layout"])],
        case.tensors[1].shape,
    )
    return channels % taken == 0 and made % (channels // taken) == 0


def _other_output_groups(case: Case) -> bool:
    return case.rule == "OutputChannels" and case.tensors[0].dtype in ONE_DNN and _implied_groups(case) > 0


def _cropping_kernel(case: Case) -> bool:
    """Where oneDNN's kernel is not the one that is used, padding is an op of its own.

    Too broad: oneDNN does not make every one of the cropped convolutions, and what decides that is not known.
    """
    plain = (
        case.attributes["layout"] == "NHWC" and case.attributes["groups"] == 1 and max(case.attributes["dilation"]) == 1
    )
    return case.rule == "PadNegative" and case.tensors[0].dtype in ONE_DNN and not plain


def _columns_unseen(case: Case) -> bool:
    """A dilated pool in NCHW, where tf.nn.pool does not look at the padding of the columns."""
    how = case.attributes
    if case.rule != "PadNegative" or how["layout"] != "NCHW" or case.tensors[0].dtype not in ONE_DNN:
        return False
    return (
        max(how["dilation"]) > 1
        and pool_dilates(how["window"], how["stride"], how["padding"], how["dilation"])
        and min(how["padding"][0]) >= 0
    )


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


def _unchecked_when_empty(case: Case) -> bool:
    small = case.rule == "OutputTooSmall" and 0 in case.attributes["output_shape"]
    return small and isinstance(case.attributes["padding"], str) and case.tensors[0].dtype in ONE_DNN


def _short_output_shape(case: Case) -> bool:
    dtype, how = case.tensors[0].dtype, case.attributes
    one_dnn = dtype in ONE_DNN and (isinstance(how["padding"], str) or padded_outside(dtype, how))
    return case.rule == "OutputRankThree" and one_dnn


def _larger_and_dilated(case: Case) -> bool:
    return case.rule == "WindowLargerThanInput" and max(case.attributes["dilation"]) > 1


def _wide_and_dilated(case: Case) -> bool:
    return case.rule == "PadNotSmallerThanWindow" and max(case.attributes["dilation"]) > 1


def _gathered(case: Case) -> bool:
    """A dilated pool that is composed of gathers: ``tf.nn.pool`` has none, and graphs infer nothing of the windows."""
    how = case.attributes
    inner = pool_dilates(how["window"], how["stride"], how["padding"], how["dilation"])
    return case.rule == "WindowLargerThanInput" and max(how["dilation"]) > 1 and not inner


def _wraps(case: Case) -> bool:
    """Padding that is 0 modulo 2**32; 2**31 becomes negative, which is refused."""
    return case.rule == "PadOverflow" and max(max(pair) for pair in case.attributes["padding"]) >= 2**40


def _wide_and_undilated(case: Case) -> bool:
    return case.rule == "PadNotSmallerThanWindow" and not _wide_and_dilated(case)


_KERNELS = ("eager", "dynamic")
"""Modes in which nothing looks at shapes before a kernel does; in the others tracing infers them."""
_GRAPHS = ("function", "dynamic")
_WITHOUT_XLA = ("eager", *_GRAPHS)

_WIDE = "padding is an op of its own here, of any amount"


_IMPLICIT = "groups are implied by the filter's channels, so other channels mean other groups"


ERRORS = (
    *(
        _known(op, name, "accepts", covers, "by design", _EMPTY, modes=modes)
        for op, name, covers, modes in (
            ("conv2d", "window-larger", breaks("WindowLargerThanInput"), _KERNELS),
            ("avg_pool2d", "window-larger", breaks("WindowLargerThanInput"), _KERNELS),
            ("max_pool2d", "window-larger", accepted_anywhere, _KERNELS),
            ("max_pool2d", "window-larger-gathered", _gathered, ("function", "xla")),
            ("max_pool2d_with_argmax", "window-larger", breaks("WindowLargerThanInput"), (*_KERNELS, "xla")),
            ("max_pool2d_with_argmax", "window-larger-dilated", _larger_and_dilated, ("function",)),
        )
    ),
    *(
        _known(
            op,
            "index-xla",
            "accepts",
            breaks("IndexOutOfRange", "IndexNegative"),
            "upstream",
            "XLA's scatter drops an index out of range",
            url="https://github.com/tensorflow/tensorflow/issues/117658",
            title="`tf.tensor_scatter_nd_update` with out-of-bounds index raises in eager but silently succeeds under "
            "jit_compile=True",
            modes=("xla",),
        )
        for op in ("scatter_nd", "max_unpool2d")
    ),
    *(
        _known(
            op,
            "padding-overflow-xla",
            "accepts",
            _wraps,
            "upstream",
            "tf.pad takes amounts modulo 2**32 under XLA",
            url="https://github.com/tensorflow/tensorflow/pull/127324",
            title="Fix int narrowing and overflow crash in the tf2xla Pad kernel",
            modes=("xla",),
        )
        for op in ("avg_pool2d", "max_pool2d")
    ),
    _known(
        "conv2d",
        "padding-overflow",
        "accepts",
        breaks("PadOverflow"),
        "upstream",
        "in a graph, oneDNN's kernel is given padding beyond 32 bits as none",
        modes=_GRAPHS,
        needs=WITH_ONE_DNN,
    ),
    _known(
        "conv2d_transpose",
        "stride-zero",
        "crash",
        breaks("StrideZero"),
        "upstream",
        "a graph does not look at a stride of 0, and is ended by a division by it: SIGFPE",
        modes=_GRAPHS,
    ),
    _known(
        "max_pool2d",
        "window-larger-plain",
        "accepts",
        refused_by_onednn,
        "by design",
        _EMPTY,
        modes=_KERNELS,
        needs=WITHOUT_ONE_DNN,
    ),
    _known(
        "max_pool2d",
        "window-larger-divides",
        "crash",
        divided_by_nothing,
        "upstream",
        "oneDNN divides by the number of windows, which is 0: SIGFPE",
        url=DIVIDES_URL,
        title=DIVIDES_TITLE,
        modes=_KERNELS,
        needs=WITH_ONE_DNN,
    ),
    *(
        _known(op, name, "accepts", covers, "by design", _WIDE, modes=modes)
        for op, name, covers, modes in (
            ("avg_pool2d", "wide-padding", breaks("PadNotSmallerThanWindow"), ()),
            ("max_pool2d", "wide-padding", _wide_and_dilated, ()),
            ("max_pool2d", "wide-padding-xla", _wide_and_undilated, ("xla",)),
            ("max_pool2d_with_argmax", "wide-padding", breaks("PadNotSmallerThanWindow"), ()),
        )
    ),
    _known(
        "avg_unpool2d",
        "window-zero",
        "accepts",
        breaks("WindowZero"),
        "by design",
        "composed of repeats, which may be zero",
    ),
    _known(
        "max_unpool2d",
        "channel",
        "accepts",
        breaks("IndexWrongChannel"),
        "by design",
        "composed of a scatter over the whole sample, where every channel is in range",
    ),
    _known(
        "conv2d",
        "rank-three",
        "crash",
        lambda case: case.rule == "RankThree" and case.tensors[0].dtype in ONE_DNN,
        "upstream",
        "an input of rank 3 in NCHW ends the process",
        url="https://github.com/tensorflow/tensorflow/pull/112650",
        title="Fix MKL Conv3D/Conv2D crash on non-matching input rank",
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    _known(
        "conv2d_transpose",
        "negative",
        "crash",
        _negative,
        "upstream",
        "a negative extent in output_shape ends the process",
        url="https://github.com/tensorflow/tensorflow/issues/57715",
        title="tf.nn.conv2d_transpose crash with abort whtn `output_shape` has negative value",
        modes=_WITHOUT_XLA,
        needs=WITH_ONE_DNN,
    ),
    _known("conv2d", "channels", "accepts", _other_groups, "by design", _IMPLICIT),
    _known(
        "conv2d_transpose",
        "channels",
        "accepts",
        _other_output_groups,
        "by design",
        _IMPLICIT,
        needs=WITH_ONE_DNN,
    ),
    _known(
        "conv2d",
        "negative-padding",
        "accepts",
        _cropping_kernel,
        "upstream",
        "negative explicit padding crops where one kernel is used, and is refused where another is",
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    _known(
        "max_pool2d",
        "negative-padding",
        "accepts",
        _columns_unseen,
        "upstream",
        "tf.nn.pool with dilation in NCHW pads other axes than the spatial ones, and does not look at the last one's",
        needs=WITH_ONE_DNN,
    ),
    _known(
        "conv2d_transpose",
        "empty-output",
        "accepts",
        _unchecked_when_empty,
        "upstream",
        "an output_shape of extent 0 is not checked against the input",
        modes=_WITHOUT_XLA,
        needs=WITH_ONE_DNN,
    ),
    _known(
        "conv2d_transpose",
        "negative-output",
        "accepts",
        _negative_and_empty,
        "upstream",
        "returns an empty tensor for a negative extent where it does not end the process",
        modes=_WITHOUT_XLA,
        needs=WITH_ONE_DNN,
    ),
    _known("conv2d", "groups", "accepts", breaks("GroupsZero"), "by design", _GROUPS),
    _known("conv2d_transpose", "groups-xla", "accepts", _implies_any_groups, "by design", _GROUPS, modes=("xla",)),
    *(
        _known("conv2d_transpose", f"groups{name}", "accepts", covers, "by design", _GROUPS, needs=needs)
        for name, covers, needs in (("", _implies_one_group, ()), ("-onednn", _implies_groups, WITH_ONE_DNN))
    ),
    _known(
        "conv2d",
        "wide-padding",
        "accepts",
        breaks("PadNotSmallerThanWindow"),
        "by design",
        "explicit padding may have any amount",
    ),
    _known(
        "conv2d_transpose",
        "output-rank-three",
        "crash",
        _short_output_shape,
        "upstream",
        "an output_shape of three extents ends the process",
        url="https://github.com/tensorflow/tensorflow/issues/125511",
        title="tf.nn.conv2d_transpose aborts on CPU with malformed output_shape while GPU raises InvalidArgumentError",
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    _known(
        "conv2d_transpose",
        "output-overflow",
        "accepts",
        _past_64_bits,
        "upstream",
        "an extent of 2**62 in output_shape is taken modulo 2**32 and gives an empty tensor",
        modes=("eager", "function"),
        needs=WITH_ONE_DNN,
    ),
    _known(
        "avg_unpool2d",
        "window-overflow",
        "accepts",
        lambda case: overflows(case, "window", 2**40),
        "upstream",
        "tf.repeat takes a count beyond 32 bits modulo 2**32 and gives an empty tensor",
    ),
    _known(
        "avg_unpool2d",
        "rank-three",
        "accepts",
        rank_three_in("NHWC"),
        "by design",
        "composed of repeats, for any rank that has the axes",
    ),
    _known("max_unpool2d", "other-channels", "accepts", breaks("OutputChannels"), "by design", _SCATTER),
    _known(
        "max_unpool2d",
        "rank-three",
        "accepts",
        lambda case: case.rule == "RankThree" and case.tensors[0].shape[0] == 1,
        "by design",
        _SCATTER,
    ),
)
