"""What TensorFlow is known to make of invalid input. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from typing import Any

from opassay.adapters.kernels.larger import DIVIDES_TITLE, DIVIDES_URL, divided_by_nothing, refused_by_onednn
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.adapters.tensorflow.known_error_cases import (
    any_kernel,
    any_rank,
    columns_unseen,
    cropped,
    least,
    negative,
    nothing_asked,
    past_64_bits,
    several_groups,
    several_groups_by_onednn,
    three_extents,
)
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


_LARGER = ("WindowLargerThanInput",)
_GROUPS = "groups are no parameter: the filter's channels imply them"
_TRANSPOSE = ("conv2d_transpose", "conv_transpose1d")
_POOL = ("max_pool2d",)

ERRORS = (
    _error(
        "composed",
        "accepts",
        "by design",
        "composed of repeats, or of a scatter over whole samples, which know neither channels nor ranks",
        ("unpools",),
        ("RankThree", "IndexWrongChannel", "OutputChannels"),
        when=any_rank,
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
        when=any_kernel,
    ),
    _error(
        "empty-convolution-larger",
        "accepts",
        "upstream",
        "oneDNN answers a convolution without output with the input's own shape",
        ("conv1d", "conv2d"),
        _LARGER,
        modes=("eager",),
        needs=WITH_ONE_DNN,
    ),
    _error(
        "groups-xla",
        "accepts",
        "by design",
        _GROUPS,
        _TRANSPOSE,
        ("GroupsZero",),
        when=several_groups,
        modes=("xla",),
    ),
    _error(
        "groups-onednn",
        "accepts",
        "by design",
        _GROUPS,
        _TRANSPOSE,
        ("GroupsZero", "OutputChannels"),
        when=several_groups_by_onednn,
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
        when=least("padding", 2**40),
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
        "an input without its batch axis ends the process",
        ("conv1d", "conv2d"),
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
        when=negative,
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
        when=three_extents,
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
        when=nothing_asked,
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
        when=past_64_bits,
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
        when=least("window", 2**40),
    ),
    _error(
        "negative-padding",
        "accepts",
        "upstream",
        "negative explicit padding crops where one kernel is used, and is refused where another is",
        ("conv2d",),
        ("PadNegative",),
        when=cropped,
        flaky="which kernel is taken",
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
        when=columns_unseen,
        needs=WITH_ONE_DNN,
    ),
)
