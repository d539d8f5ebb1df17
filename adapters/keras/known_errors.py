"""Known differences of Keras on invalid input. Does not import Keras."""

from __future__ import annotations

from typing import Any

from opassay.adapters.engines.xla import ABORTS
from opassay.adapters.keras.known_error_cases import (
    beyond_bytes,
    channels_first,
    channels_last,
    fits_reshaped,
    negative,
    other_word,
    reshaped,
    window_of_nothing,
    without_output,
    wraps,
)
from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.kernels.far import narrowed_index
from opassay.adapters.kernels.larger import DIVIDES_TITLE, DIVIDES_URL, ROUNDED, divided_by_nothing, rounded_to_one
from opassay.adapters.kernels.predicates import (
    rank_three_in,
    repeated_to_minus_one,
)
from opassay.adapters.kernels.undilated import unlooked_dilation
from opassay.adapters.onednn import WHERE_ONE_DNN, WITH_ONE_DNN
from opassay.harness.model.fact import Fact

_PADDED = ("conv2d", "avg_pool2d", "max_pool2d")
_NO_SHAPE = (
    "Keras takes no output_shape, and conv_transpose does not check output_padding, which must be below the stride"
)
_ALL_BY_ONE_DNN = ("onednn_dtypes=bfloat16",)
"""Processors on which oneDNN supports bfloat16, and so all of its dtypes."""


def _invalid(
    name: str, reason: str, ops: tuple[str, ...], rules: tuple[str, ...], modes: tuple[str, ...] = (), **more: Any
) -> Fact:
    told: dict[str, Any] = {"owner": "upstream", "verdicts": ("accepts",), **more}
    return Fact(
        f"keras-{name}", reason=reason, ops=ops, aspects=("error",), rules=rules, modes=modes, versions=SEEN, **told
    )


_GROUPS: dict[str, Any] = {"reason": "groups are told from the shapes", "ops": ("conv2d",), "rules": ("GroupsZero",)}

ERRORS = (
    _invalid("groups", modes=("torch", "jax"), owner="by design", **_GROUPS),
    _invalid(
        "groups-last",
        modes=("tensorflow",),
        owner="by design",
        when=channels_last,
        **(_GROUPS | {"ops": ("conv1d", "conv2d", "conv3d")}),
    ),
    _invalid(
        "groups-first", modes=("tensorflow",), owner="by design", when=channels_first, needs=WITH_ONE_DNN, **_GROUPS
    ),
    _invalid(
        "operands-converted",
        "x becomes of the filter's dtype",
        ("conv2d",),
        ("DtypeMismatch",),
        ("jax",),
        owner="by design",
    ),
    _invalid("promoted", "operands are promoted to one dtype", ("matmul",), ("DtypeMismatch",), owner="by design"),
    _invalid(
        "vector-of-doubles",
        "dtypes.result_type turns 64-bit dtypes into 32-bit ones, also of the vectors that NumPy multiplies",
        ("matmul",),
        ("RankOne",),
        ("torch",),
        owner="by design",
        when=lambda case: case.tensors[0].dtype in ("float64", "int64"),
    ),
    _invalid(
        "no-axes",
        "torch's logsumexp of no axes is one of all, of a shape of its own, or none",
        ("logsumexp",),
        ("NoAxes",),
        ("torch",),
        verdicts=("accepts", "rejects"),
    ),
    _invalid(
        "rank-three",
        "composed of repeats, for any rank",
        ("avg_unpool2d",),
        ("RankThree",),
        owner="by design",
        when=rank_three_in("NHWC"),
    ),
    _invalid("negative-padding", "ops.pad crops by it on this backend only", _PADDED, ("PadNegative",), ("torch",)),
    _invalid(
        "any-word",
        "any word but 'same' means no padding",
        _PADDED,
        ("PadUnknown",),
        ("torch",),
        when=other_word,
    ),
    _invalid(
        "dilation",
        "torch takes a dilation of 0 in a transposed convolution",
        ("conv2d_transpose",),
        ("DilationZero",),
        ("torch",),
        when=unlooked_dilation,
    ),
    _invalid(
        "output-shape",
        _NO_SHAPE,
        ("conv2d_transpose",),
        ("OutputTooSmall", "OutputTooLarge", "OutputNegative"),
        ("torch", "jax"),
    ),
    _invalid(
        "output-shape-tensorflow",
        _NO_SHAPE,
        ("conv2d_transpose",),
        ("OutputNegative",),
        ("tensorflow",),
        needs=_ALL_BY_ONE_DNN,
    ),
    _invalid(
        "nothing-compared",
        "TensorFlow does not compare shapes if there is nothing to compute",
        ("conv2d_transpose",),
        ("OutputTooSmall",),
        ("tensorflow",),
        when=without_output,
        needs=WHERE_ONE_DNN,
    ),
    _invalid(
        "output-rounded",
        ROUNDED,
        ("conv_transpose1d",),
        ("OutputTooSmall",),
        ("tensorflow",),
        when=rounded_to_one,
        needs=WITH_ONE_DNN,
    ),
    _invalid(
        "reshaped",
        "Keras takes no output_shape",
        ("conv2d_transpose",),
        ("OutputRankThree",),
        ("torch", "jax"),
        owner="by design",
        when=reshaped,
    ),
    _invalid(
        "reshaped-tensorflow",
        "Keras takes no output_shape",
        ("conv2d_transpose",),
        ("OutputRankThree",),
        ("tensorflow",),
        owner="by design",
        when=reshaped,
        needs=_ALL_BY_ONE_DNN,
    ),
    _invalid(
        "abort",
        "a negative extent ends the process from inside TensorFlow",
        ("conv2d_transpose", "conv_transpose1d"),
        ("OutputNegative", "PadNegative"),
        ("tensorflow",),
        verdicts=("crash",),
        when=negative,
        url="https://github.com/tensorflow/tensorflow/issues/57715",
        title="tf.nn.conv2d_transpose crash with abort whtn `output_shape` has negative value",
        needs=WITH_ONE_DNN,
    ),
    _invalid(
        "repeat-minus-one",
        "ops.repeat: 1 times -1 is -1, which torch's reshape takes for what is left",
        ("avg_unpool2d",),
        ("WindowNegative",),
        ("torch",),
        when=repeated_to_minus_one,
    ),
    _invalid(
        "updates-reshaped",
        "updates are reshaped until they fit",
        ("scatter_nd",),
        ("UpdatesShape",),
        ("torch",),
        when=fits_reshaped,
    ),
    _invalid(
        "narrowed-index",
        "an index of 64 bits is narrowed to 32 where the array's extents fit them: 2**32 + 3 is 3, and written",
        ("indexes",),
        ("IndexOutOfRange", "IndexNegative"),
        ("jax",),
        when=narrowed_index,
    ),
    _invalid(
        "overflow-abort",
        ABORTS,
        (*_PADDED, "conv2d_transpose", "avg_unpool2d", "scatter_nd"),
        ("PadOverflow", "OutputOverflow"),
        ("jax",),
        verdicts=("crash",),
        when=beyond_bytes,
    ),
    _invalid(
        "repeat-overflow",
        "tf.repeat multiplies into an extent of 0 instead of raising",
        ("avg_unpool2d",),
        ("OutputOverflow",),
        ("tensorflow",),
        when=window_of_nothing,
    ),
    _invalid(
        "padding-wraps",
        "ops.pad takes amounts modulo 2**32",
        (*_PADDED, "conv1d", "conv3d"),
        ("PadOverflow",),
        ("tensorflow",),
        when=wraps,
    ),
    _invalid(
        "no-output",
        "TensorFlow answers a convolution without output with uninitialised memory in its input's shape",
        ("conv1d", "conv2d"),
        ("WindowLargerThanInput",),
        ("tensorflow",),
        url="https://github.com/tensorflow/tensorflow/issues/64396",
        title="Conv2D computes wrongly in Windows OS",
        needs=WHERE_ONE_DNN,
    ),
    _invalid(
        "division",
        "a window that does not fit ends the process from inside TensorFlow (SIGFPE)",
        ("max_pool2d",),
        ("WindowLargerThanInput",),
        ("tensorflow",),
        verdicts=("crash",),
        when=divided_by_nothing,
        url=DIVIDES_URL,
        title=DIVIDES_TITLE,
        needs=WITH_ONE_DNN,
    ),
)
