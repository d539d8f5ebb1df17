"""Known differences of TensorFlow on invalid input. Does not import TensorFlow: the parent process imports this."""

from __future__ import annotations

from typing import Any

from opassay.adapters.kernels.larger import (
    DIVIDES_TITLE,
    DIVIDES_URL,
    divided_by_nothing,
    refused_by_onednn,
)
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.adapters.tensorflow.known_error_cases import (
    any_kernel,
    any_rank,
    columns_unseen,
    cropped,
    least,
    read_beyond,
    several_groups,
    several_groups_by_onednn,
)
from opassay.harness.model.fact import Fact

_SEEN = "tensorflow 2.21.0, CPU"
_KERNELS = ("eager", "dynamic")
"""Modes in which only kernels check shapes; in the others tracing infers them."""
_GRAPHS = ("function", "dynamic")
WITHOUT_XLA = ("eager", *_GRAPHS)


def error(
    name: str, verdict: str, owner: str, reason: str, ops: tuple[str, ...], rules: tuple[str, ...], **more: Any
) -> Fact:
    told = {"ops": ops, "rules": rules, "aspects": ("error",), "verdicts": (verdict,), "versions": _SEEN}
    return Fact(f"tensorflow-{name}", owner, reason, **told, **more)


_LARGER = ("WindowLargerThanInput",)
_GROUPS = "groups are no parameter: the filter's channels imply them"
TRANSPOSE = ("conv2d_transpose", "conv_transpose1d")
_POOL = ("max_pool2d",)
_POOLS = ("max_pool1d", "max_pool2d")

ERRORS = (
    error(
        "composed",
        "accepts",
        "by design",
        "composed of repeats, or of a scatter over whole samples, which know neither channels nor ranks",
        ("unpools",),
        ("RankThree", "IndexWrongChannel", "OutputChannels"),
        when=any_rank,
    ),
    error(
        "window-larger-refused",
        "rejects",
        "by design",
        "oneDNN rounds a negative number of windows to 0 before it adds 1, and then refuses the pool",
        _POOLS,
        _LARGER,
        when=refused_by_onednn,
        modes=_KERNELS,
        needs=(*WITH_ONE_DNN, "instructions=avx512f"),
    ),
    error(
        "window-larger-divides",
        "crash",
        "upstream",
        "oneDNN divides by the number of windows, which is 0: SIGFPE",
        _POOLS,
        _LARGER,
        when=divided_by_nothing,
        modes=_KERNELS,
        needs=WITH_ONE_DNN,
        url=DIVIDES_URL,
        title=DIVIDES_TITLE,
    ),
    error(
        "groups",
        "accepts",
        "by design",
        _GROUPS,
        ("conv1d", "conv2d", "conv3d", *TRANSPOSE, "conv_transpose3d"),
        ("GroupsZero", "ChannelMismatch"),
        when=any_kernel,
    ),
    error(
        "empty-convolution-larger",
        "accepts",
        "upstream",
        "oneDNN answers a convolution without output with the input's own shape",
        ("conv1d", "conv2d", "conv3d"),
        _LARGER,
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    error(
        "groups-xla",
        "accepts",
        "by design",
        _GROUPS,
        TRANSPOSE,
        ("GroupsZero",),
        when=several_groups,
        modes=("xla",),
    ),
    error(
        "groups-onednn",
        "accepts",
        "by design",
        _GROUPS,
        TRANSPOSE,
        ("GroupsZero", "OutputChannels"),
        when=several_groups_by_onednn,
        needs=WITH_ONE_DNN,
    ),
    error(
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
    error(
        "padding-overflow-xla",
        "accepts",
        "upstream",
        "tf.pad takes amounts modulo 2**32 under XLA; 2**31 becomes negative, which is refused",
        ("avg_pool2d", "max_pool2d"),
        ("PadOverflow",),
        when=least("padding", 2**40),
        url="https://github.com/tensorflow/tensorflow/pull/127324",
        title="Fix int narrowing and overflow crash in the tf2xla Pad kernel",
        modes=("xla",),
    ),
    error(
        "padding-overflow",
        "accepts",
        "upstream",
        "in a graph, oneDNN's kernel is given padding beyond 32 bits as none",
        ("conv2d",),
        ("PadOverflow",),
        modes=_GRAPHS,
        needs=WITH_ONE_DNN,
    ),
    error(
        "stride-zero",
        "crash",
        "upstream",
        "a graph does not look at a stride of 0, and is ended by a division by it: SIGFPE",
        TRANSPOSE,
        ("StrideZero",),
        modes=_GRAPHS,
    ),
    error(
        "conv2d-rank-three",
        "crash",
        "upstream",
        "an input without its batch axis ends the process",
        ("conv1d", "conv2d"),
        ("RankThree",),
        when=lambda case: case.tensors[0].dtype in ONE_DNN,
        url="https://github.com/tensorflow/tensorflow/pull/112650",
        title="Fix MKL Conv3D/Conv2D crash on non-matching input rank",
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    error(
        "volume-rank-four",
        "accepts",
        "upstream",
        "an input without its batch axis is read beyond its end",
        ("avg_pool3d", "conv3d"),
        ("RankThree",),
        when=read_beyond,
        url="https://github.com/tensorflow/tensorflow/pull/112650",
        title="Fix MKL Conv3D/Conv2D crash on non-matching input rank",
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    error(
        "maximum-rank-four",
        "crash",
        "upstream",
        "an input without its batch axis ends the process",
        ("max_pool3d",),
        ("RankThree",),
        when=read_beyond,
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    error(
        "window-overflow",
        "accepts",
        "upstream",
        "tf.repeat takes a count beyond 32 bits modulo 2**32 and gives an empty tensor",
        ("avg_unpool2d",),
        ("OutputOverflow",),
        when=least("window", 2**40),
    ),
    error(
        "negative-padding",
        "accepts",
        "upstream",
        "negative explicit padding crops where one kernel is used, and is refused where another is",
        ("conv1d", "conv2d"),
        ("PadNegative",),
        when=cropped,
        flaky="which kernel is taken",
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    error(
        "negative-padding-dilated",
        "accepts",
        "upstream",
        "tf.nn.pool with dilation in NCHW pads other axes than the spatial ones, and does not look at the last one's",
        _POOL,
        ("PadNegative",),
        when=columns_unseen,
        needs=WITH_ONE_DNN,
    ),
)
