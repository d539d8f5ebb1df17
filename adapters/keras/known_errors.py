"""What Keras is known to make of invalid input. Free of Keras."""

from __future__ import annotations

import math
from typing import Any

from opassay.adapters.engines.xla import ABORTS
from opassay.adapters.geometry import effective, spatial_axes
from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.kernels.far import narrowed_index
from opassay.adapters.kernels.larger import DIVIDES_TITLE, DIVIDES_URL, ROUNDED, divided_by_nothing, rounded_to_one
from opassay.adapters.kernels.predicates import (
    Predicate,
    extent_fits_indices,
    rank_three_in,
    repeated_beyond_bytes,
    repeated_to_minus_one,
)
from opassay.adapters.kernels.undilated import unlooked_dilation
from opassay.adapters.onednn import ONE_DNN, WHERE_ONE_DNN, WITH_ONE_DNN
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_PADDED = ("conv2d", "avg_pool2d", "max_pool2d")
_NO_SHAPE = (
    "Keras takes no output_shape, and conv_transpose does not check output_padding, which must be below the stride"
)
_ALL_BY_ONE_DNN = ("onednn_dtypes=bfloat16",)
"""Processors on which oneDNN does bfloat16, and so all that it ever does."""


def _invalid(
    name: str, reason: str, ops: tuple[str, ...], rules: tuple[str, ...], modes: tuple[str, ...] = (), **more: Any
) -> Fact:
    told: dict[str, Any] = {"owner": "upstream", "verdicts": ("accepts",), **more}
    return Fact(
        f"keras-{name}", reason=reason, ops=ops, aspects=("error",), rules=rules, modes=modes, versions=SEEN, **told
    )


def _negative(case: Case) -> bool:
    """An extent of the output is, with its padding. Where an image of two axes asks for one, in float32 alone."""
    how, dtype = case.attributes, case.tensors[0].dtype
    pads = how["padding"] if not isinstance(how["padding"], str) else ((0, 0),) * len(how["stride"])
    asked = [how["output_shape"][axis] for axis in spatial_axes(how["layout"])]
    asked_itself = case.op == "conv2d_transpose" and case.rule == "OutputNegative"
    negative = any(n + sum(pad) < 0 for n, pad in zip(asked, pads, strict=True))
    return negative and (dtype == "float32" if asked_itself else dtype in ONE_DNN)


def _wraps(case: Case) -> bool:
    """Padding that is a small amount modulo 2**32; 2**31 becomes negative, which is refused."""
    return max(max(pair) for pair in case.attributes["padding"]) >= 2**40


def _other_word(case: Case) -> bool:
    return case.attributes["padding"] != "same"


def _without_output(case: Case) -> bool:
    return 0 in case.attributes["output_shape"]


def _reshaped(case: Case) -> bool:
    """An output_shape of three extents that hold just what Keras gives, to which the adapter reshapes that."""
    word = case.attributes["padding"]
    return isinstance(word, str) and _given(case, word) == math.prod(case.attributes["output_shape"])


def _given(case: Case, word: str) -> int:
    """How many elements a transposed convolution without output_padding gives.

    Source: ``compute_conv_transpose_output_length`` in
    https://github.com/keras-team/keras/blob/master/keras/src/backend/common/backend_utils.py
    """
    how, (x, w) = case.attributes, case.tensors
    spans = map(effective, w.shape[:-2], how["dilation"])
    rows = [
        x.shape[axis] * s + (max(span - s, 0) if word == "VALID" else 0)
        for axis, s, span in zip(spatial_axes(how["layout"]), how["stride"], spans, strict=True)
    ]
    return x.shape[0] * math.prod(rows) * w.shape[-2]


def _fits_reshaped(case: Case) -> bool:
    """Updates that make up whole slices, in whatever number."""
    indices, updates = case.tensors
    slices = case.attributes["shape"][indices.shape[-1] :]
    return updates.size % max(math.prod(slices), 1) == 0


def _beyond_bytes(case: Case) -> bool:
    checks: dict[str, Predicate] = {"avg_unpool2d": repeated_beyond_bytes, "scatter_nd": extent_fits_indices}
    return checks[case.op](case) if case.op in checks else True


def _window_of_nothing(case: Case) -> bool:
    return max(case.attributes["window"]) >= 2**40


def _channels_last(case: Case) -> bool:
    return bool(case.attributes["layout"][-1] == "C")


def _channels_first(case: Case) -> bool:
    return not _channels_last(case)


_GROUPS: dict[str, Any] = {"reason": "groups are told from the shapes", "ops": ("conv2d",), "rules": ("GroupsZero",)}

ERRORS = (
    _invalid("groups", modes=("torch", "jax"), owner="by design", **_GROUPS),
    _invalid(
        "groups-last",
        modes=("tensorflow",),
        owner="by design",
        when=_channels_last,
        **(_GROUPS | {"ops": ("conv1d", "conv2d", "conv3d")}),
    ),
    _invalid(
        "groups-first", modes=("tensorflow",), owner="by design", when=_channels_first, needs=WITH_ONE_DNN, **_GROUPS
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
        when=_other_word,
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
        "TensorFlow compares no shapes where there is nothing to compute",
        ("conv2d_transpose",),
        ("OutputTooSmall",),
        ("tensorflow",),
        when=_without_output,
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
        when=_reshaped,
    ),
    _invalid(
        "reshaped-tensorflow",
        "Keras takes no output_shape",
        ("conv2d_transpose",),
        ("OutputRankThree",),
        ("tensorflow",),
        owner="by design",
        when=_reshaped,
        needs=_ALL_BY_ONE_DNN,
    ),
    _invalid(
        "abort",
        "a negative extent ends the process from inside TensorFlow",
        ("conv2d_transpose", "conv_transpose1d"),
        ("OutputNegative", "PadNegative"),
        ("tensorflow",),
        verdicts=("crash",),
        when=_negative,
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
        when=_fits_reshaped,
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
        when=_beyond_bytes,
    ),
    _invalid(
        "repeat-overflow",
        "tf.repeat multiplies into an extent of 0 instead of raising",
        ("avg_unpool2d",),
        ("OutputOverflow",),
        ("tensorflow",),
        when=_window_of_nothing,
    ),
    _invalid(
        "padding-wraps",
        "ops.pad takes amounts modulo 2**32",
        (*_PADDED, "conv1d", "conv3d"),
        ("PadOverflow",),
        ("tensorflow",),
        when=_wraps,
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
