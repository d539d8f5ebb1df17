"""What TensorFlow is known to make of invalid input. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.kernels.larger import DIVIDES_TITLE, DIVIDES_URL, divided_by_nothing, refused_by_onednn
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.adapters.tensorflow.kernel_table import pool_dilates
from opassay.adapters.tensorflow.known_empty import padded_outside
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "tensorflow 2.21.0, CPU"
_KERNELS = ("eager", "dynamic")
"""Modes in which nothing looks at shapes before a kernel does; in the others tracing infers them."""
_GRAPHS = ("function", "dynamic")
_WITHOUT_XLA = ("eager", *_GRAPHS)


def _error(
    name: str, verdict: str, owner: str, reason: str, ops: tuple[str, ...], rules: tuple[str, ...], **more: Any
) -> Fact:
    told = {"ops": ops, "rules": rules, "aspects": ("error",), "verdicts": (verdict,), "versions": _SEEN}
    return Fact(f"tensorflow-{name}", owner, reason, **told, **more)


def _undilated(case: Case) -> bool:
    return max(case.attributes["dilation"]) == 1


def _implied_groups(case: Case) -> int:
    """Into how many groups the channels of a convolution fall; 0 where they do not."""
    how, (*_, given, taken) = case.attributes, case.tensors[1].shape
    image = how.get("output_shape", case.tensors[0].shape)[channel_axis(how["layout"])]
    return image // given if given and image % given == 0 and taken % max(image // given, 1) == 0 else 0


def _any_kernel(case: Case) -> bool:
    """conv2d takes any groups, whatever is asked; of the transpose there is but oneDNN's kernel for NCHW and groups."""
    if case.op == "conv2d":
        return case.rule == "GroupsZero" or _implied_groups(case) > 0
    return _one_group(case)


def _one_group(case: Case) -> bool:
    return case.rule == "GroupsZero" and _implied_groups(case) == 1 and case.attributes["layout"] == "NHWC"


def _several_groups(case: Case) -> bool:
    return _implied_groups(case) > 0 and not _one_group(case)


def _several_groups_by_onednn(case: Case) -> bool:
    """With explicit padding the kernel is another one."""
    if case.rule == "OutputChannels":
        return case.tensors[0].dtype in ONE_DNN and _implied_groups(case) > 0
    return isinstance(case.attributes["padding"], str) and _several_groups(case)


def _cropped(case: Case) -> bool:
    """Where oneDNN's kernel is not the one that is used, padding is an op of its own.

    Too broad: oneDNN does not make every one of the cropped convolutions, and what decides that is not known.
    """
    how = case.attributes
    plain = how["layout"] == "NHWC" and how["groups"] == 1 and _undilated(case)
    return case.tensors[0].dtype in ONE_DNN and not plain


def _columns_unseen(case: Case) -> bool:
    """A dilated pool in NCHW, where tf.nn.pool does not look at the padding of the columns."""
    how = case.attributes
    if how["layout"] != "NCHW" or case.tensors[0].dtype not in ONE_DNN or _undilated(case):
        return False
    inner = pool_dilates(how["window"], how["stride"], how["padding"], how["dilation"])
    return inner and min(how["padding"][0]) >= 0


def _asked(case: Case) -> list[int]:
    """The extents asked of oneDNN's transpose: with explicit padding where that is an op of its own."""
    how = case.attributes
    extents = [how["output_shape"][axis] for axis in spatial_axes(how["layout"])]
    if not padded_outside(case.tensors[0].dtype, how):
        return extents
    return [n + sum(pad) for n, pad in zip(extents, how["padding"], strict=True)]


def _negative(case: Case) -> bool:
    return case.tensors[0].dtype == "float32" and min(_asked(case)) < 0


def _nothing_asked(case: Case) -> bool:
    if case.tensors[0].dtype not in ONE_DNN:
        return False
    if case.rule == "OutputNegative":
        return 0 in _asked(case)
    return 0 in case.attributes["output_shape"] and isinstance(case.attributes["padding"], str)


def _three_extents(case: Case) -> bool:
    dtype, how = case.tensors[0].dtype, case.attributes
    return dtype in ONE_DNN and (isinstance(how["padding"], str) or padded_outside(dtype, how))


def _any_rank(case: Case) -> bool:
    """Repeats need the axes of NHWC, and a scatter over whole samples that there is one."""
    if case.rule != "RankThree":
        return True
    return case.attributes["layout"] == "NHWC" if case.op == "avg_unpool2d" else case.tensors[0].shape[0] == 1


def _least(attribute: str, least: int) -> Callable[[Case], bool]:
    """An extent, or an amount on some side, is at least so large."""

    def covers(case: Case) -> bool:
        return max(max(n) if isinstance(n, tuple) else n for n in case.attributes[attribute]) >= least

    return covers


def _past_64_bits(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and _least("output_shape", 2**62)(case)


_LARGER = ("WindowLargerThanInput",)
_GROUPS = "groups are no parameter: the filter's channels imply them"
_TRANSPOSE = ("conv2d_transpose",)
_POOL = ("max_pool2d",)

ERRORS = (
    _error(
        "composed",
        "accepts",
        "by design",
        "composed of repeats, or of a scatter over whole samples, which know neither channels nor ranks",
        ("unpools",),
        ("RankThree", "IndexWrongChannel", "OutputChannels"),
        when=_any_rank,
    ),
    _error(
        "window-larger-refused",
        "rejects",
        "by design",
        "oneDNN rounds a negative number of windows to 0 before it adds 1, and then refuses the pool",
        _POOL,
        _LARGER,
        when=refused_by_onednn,
        modes=_KERNELS,
        needs=WITH_ONE_DNN,
    ),
    _error(
        "window-larger-divides",
        "crash",
        "upstream",
        "oneDNN divides by the number of windows, which is 0: SIGFPE",
        _POOL,
        _LARGER,
        when=divided_by_nothing,
        modes=_KERNELS,
        needs=WITH_ONE_DNN,
        url=DIVIDES_URL,
        title=DIVIDES_TITLE,
    ),
    _error(
        "groups",
        "accepts",
        "by design",
        _GROUPS,
        ("convolves",),
        ("GroupsZero", "ChannelMismatch"),
        when=_any_kernel,
    ),
    _error(
        "groups-xla",
        "accepts",
        "by design",
        _GROUPS,
        _TRANSPOSE,
        ("GroupsZero",),
        when=_several_groups,
        modes=("xla",),
    ),
    _error(
        "groups-onednn",
        "accepts",
        "by design",
        _GROUPS,
        _TRANSPOSE,
        ("GroupsZero", "OutputChannels"),
        when=_several_groups_by_onednn,
        needs=WITH_ONE_DNN,
    ),
    _error(
        "index-xla",
        "accepts",
        "upstream",
        "XLA's scatter drops an index out of range",
        ("indexes",),
        ("IndexOutOfRange", "IndexNegative"),
        url="https://github.com/tensorflow/tensorflow/issues/117658",
        title="`tf.tensor_scatter_nd_update` with out-of-bounds index raises in eager but silently succeeds under "
        "jit_compile=True",
        modes=("xla",),
    ),
    _error(
        "padding-overflow-xla",
        "accepts",
        "upstream",
        "tf.pad takes amounts modulo 2**32 under XLA; 2**31 becomes negative, which is refused",
        ("avg_pool2d", "max_pool2d"),
        ("PadOverflow",),
        when=_least("padding", 2**40),
        url="https://github.com/tensorflow/tensorflow/pull/127324",
        title="Fix int narrowing and overflow crash in the tf2xla Pad kernel",
        modes=("xla",),
    ),
    _error(
        "padding-overflow",
        "accepts",
        "upstream",
        "in a graph, oneDNN's kernel is given padding beyond 32 bits as none",
        ("conv2d",),
        ("PadOverflow",),
        modes=_GRAPHS,
        needs=WITH_ONE_DNN,
    ),
    _error(
        "stride-zero",
        "crash",
        "upstream",
        "a graph does not look at a stride of 0, and is ended by a division by it: SIGFPE",
        _TRANSPOSE,
        ("StrideZero",),
        modes=_GRAPHS,
    ),
    _error(
        "conv2d-rank-three",
        "crash",
        "upstream",
        "an input of rank 3 in NCHW ends the process",
        ("conv2d",),
        ("RankThree",),
        when=lambda case: case.tensors[0].dtype in ONE_DNN,
        url="https://github.com/tensorflow/tensorflow/pull/112650",
        title="Fix MKL Conv3D/Conv2D crash on non-matching input rank",
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    _error(
        "output-negative",
        "crash",
        "upstream",
        "a negative extent in output_shape ends the process",
        _TRANSPOSE,
        ("OutputNegative",),
        when=_negative,
        url="https://github.com/tensorflow/tensorflow/issues/57715",
        title="tf.nn.conv2d_transpose crash with abort whtn `output_shape` has negative value",
        modes=_WITHOUT_XLA,
        needs=WITH_ONE_DNN,
    ),
    _error(
        "output-rank-three",
        "crash",
        "upstream",
        "an output_shape of three extents ends the process",
        _TRANSPOSE,
        ("OutputRankThree",),
        when=_three_extents,
        url="https://github.com/tensorflow/tensorflow/issues/125511",
        title="tf.nn.conv2d_transpose aborts on CPU with malformed output_shape while GPU raises InvalidArgumentError",
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    _error(
        "output-empty",
        "accepts",
        "upstream",
        "an output_shape of extent 0, or negative where that does not end the process, gives an empty tensor unchecked",
        _TRANSPOSE,
        ("OutputNegative", "OutputTooSmall"),
        when=_nothing_asked,
        modes=_WITHOUT_XLA,
        needs=WITH_ONE_DNN,
    ),
    _error(
        "output-overflow",
        "accepts",
        "upstream",
        "an extent of 2**62 in output_shape is taken modulo 2**32 and gives an empty tensor",
        _TRANSPOSE,
        ("OutputOverflow",),
        when=_past_64_bits,
        modes=("eager", "function"),
        needs=WITH_ONE_DNN,
    ),
    _error(
        "window-overflow",
        "accepts",
        "upstream",
        "tf.repeat takes a count beyond 32 bits modulo 2**32 and gives an empty tensor",
        ("avg_unpool2d",),
        ("OutputOverflow",),
        when=_least("window", 2**40),
    ),
    _error(
        "negative-padding",
        "accepts",
        "upstream",
        "negative explicit padding crops where one kernel is used, and is refused where another is",
        ("conv2d",),
        ("PadNegative",),
        when=_cropped,
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    _error(
        "negative-padding-dilated",
        "accepts",
        "upstream",
        "tf.nn.pool with dilation in NCHW pads other axes than the spatial ones, and does not look at the last one's",
        _POOL,
        ("PadNegative",),
        when=_columns_unseen,
        needs=WITH_ONE_DNN,
    ),
)
