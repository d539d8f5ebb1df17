"""What Keras is known to make of invalid input. Free of Keras."""

from __future__ import annotations

import math
from typing import Any

from opassay.adapters.geometry import effective, spatial_axes
from opassay.adapters.keras.known_predicates import keras_known
from opassay.adapters.known_larger import (
    DIVIDES_TITLE,
    DIVIDES_URL,
    accepted_anywhere,
    divided_by_nothing,
    refused_by_onednn,
)
from opassay.adapters.known_predicates import (
    Predicate,
    breaks,
    extent_fits_indices,
    overflows,
    rank_three_in,
    repeated_beyond_bytes,
)
from opassay.adapters.known_undilated import unlooked_dilation
from opassay.adapters.onednn import WHERE_ONE_DNN, WITH_ONE_DNN, WITHOUT_ONE_DNN
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_PADDED = ("conv2d", "avg_pool2d", "max_pool2d")
_FITS_NOT = "a window that does not fit gives an empty tensor, as the backend has it"
_ABORT = "XLA ends the process over a shape whose size overflows, instead of raising"
_NO_SHAPE = (
    "Keras takes no output_shape, and conv_transpose does not check output_padding, which must be below the stride"
)


_ALL_BY_ONE_DNN = ("onednn_dtypes=bfloat16",)
"""Processors on which oneDNN does bfloat16, and so all that it ever does."""


def _accepts(
    op: str, name: str, covers: Predicate, owner: str, reason: str, modes: tuple[str, ...] = (), **more: Any
) -> Fact:
    return keras_known(op, "error", name, "accepts", covers, owner, reason, modes, **more)


def _negative_single(case: Case) -> bool:
    return case.rule == "OutputNegative" and case.tensors[0].dtype == "float32"


def _wraps(case: Case) -> bool:
    """Padding that is a small amount modulo 2**32; 2**31 becomes negative, which is refused."""
    return case.rule == "PadOverflow" and max(max(pair) for pair in case.attributes["padding"]) >= 2**40


def _lower_case(case: Case) -> bool:
    return case.rule == "PadUnknown" and case.attributes["padding"] == "same"


def _other_word(case: Case) -> bool:
    return case.rule == "PadUnknown" and case.attributes["padding"] != "same"


def _too_small_and_empty(case: Case) -> bool:
    return case.rule == "OutputTooSmall" and 0 in case.attributes["output_shape"]


def _reshaped(case: Case) -> bool:
    """An output_shape of three extents that hold just what Keras gives, to which the adapter reshapes that."""
    word = case.attributes["padding"]
    return case.rule == "OutputRankThree" and isinstance(word, str) and _given(case, word) == _asked(case)


def _lower_case_and_reshaped(case: Case) -> bool:
    """The same of the four extents, where the word is left to Keras."""
    return _lower_case(case) and _given(case, "SAME") == _asked(case)


def _asked(case: Case) -> int:
    return math.prod(case.attributes["output_shape"])


def _given(case: Case, word: str) -> int:
    """How many elements a transposed convolution without output_padding gives.

    Source: ``compute_conv_transpose_output_length`` in
    https://github.com/keras-team/keras/blob/master/keras/src/backend/common/backend_utils.py
    """
    how, (x, w) = case.attributes, case.tensors
    spans = map(effective, w.shape[:2], how["dilation"])
    rows = [
        x.shape[axis] * s + (max(span - s, 0) if word == "VALID" else 0)
        for axis, s, span in zip(spatial_axes(how["layout"]), how["stride"], spans, strict=True)
    ]
    return x.shape[0] * math.prod(rows) * w.shape[2]


def _small_indices(case: Case) -> bool:
    return case.rule == "IndexDtype" and case.tensors[0].dtype == "int8"


def _fits_reshaped(case: Case) -> bool:
    """Updates that make up whole slices, in whatever number."""
    indices, updates = case.tensors
    slices = case.attributes["shape"][indices.shape[-1] :]
    return case.rule == "UpdatesShape" and updates.size % max(math.prod(slices), 1) == 0


def _minus_one(case: Case) -> bool:
    if case.rule != "WindowNegative":
        return False
    axes = spatial_axes(case.attributes["layout"])
    return any(case.tensors[0].shape[i] * k == -1 for i, k in zip(axes, case.attributes["window"], strict=True))


ERRORS = (
    *(
        _accepts(op, "wide-padding", breaks("PadNotSmallerThanWindow"), "by design", "ops.pad pads by any amount")
        for op in _PADDED
    ),
    *(
        _accepts(
            op,
            "negative-padding",
            breaks("PadNegative"),
            "upstream",
            "ops.pad crops by it on this backend only",
            ("torch",),
        )
        for op in _PADDED
    ),
    *(
        _accepts(op, name, covers, "by design", _FITS_NOT, modes, needs=needs)
        for op, name, covers, modes, needs in (
            ("avg_pool2d", "window-larger", breaks("WindowLargerThanInput"), ("tensorflow", "jax"), ()),
            ("max_pool2d", "window-larger", accepted_anywhere, ("tensorflow",), ()),
            ("max_pool2d", "window-larger-plain", refused_by_onednn, ("tensorflow",), WITHOUT_ONE_DNN),
            ("max_pool2d", "window-larger-jax", breaks("WindowLargerThanInput"), ("jax",), ()),
        )
    ),
    *(
        _accepts(
            op,
            "padding-word",
            covers,
            "by design",
            "Keras' own words are in lower case",
            url=f"https://www.tensorflow.org/api_docs/python/tf/keras/ops/{name}",
            title=f"tf.keras.ops.{name}",
        )
        for op, name, covers in (
            ("conv2d", "conv", _lower_case),
            ("avg_pool2d", "average_pool", _lower_case),
            ("max_pool2d", "max_pool", _lower_case),
            ("conv2d_transpose", "conv_transpose", _lower_case_and_reshaped),
        )
    ),
    *(
        _accepts(op, "any-word", _other_word, "upstream", "any word but 'same' means no padding", ("torch",))
        for op in _PADDED
    ),
    _accepts(
        "conv2d_transpose",
        "dilation",
        unlooked_dilation,
        "upstream",
        "torch takes a dilation of 0 in a transposed convolution",
        ("torch",),
    ),
    _accepts("conv2d", "groups", breaks("GroupsZero"), "by design", "groups are told from the shapes"),
    _accepts("conv2d", "dtypes", breaks("DtypeMismatch"), "by design", "x becomes of the filter's dtype", ("jax",)),
    *(
        _accepts("conv2d_transpose", name, breaks(rule), "upstream", _NO_SHAPE, modes)
        for name, rule, modes in (
            ("too-small", "OutputTooSmall", ("torch", "jax")),
            ("too-large", "OutputTooLarge", ("torch", "jax")),
            ("negative", "OutputNegative", ("torch", "jax")),
        )
    ),
    _accepts(
        "conv2d_transpose",
        "negative-tensorflow",
        breaks("OutputNegative"),
        "upstream",
        _NO_SHAPE,
        ("tensorflow",),
        needs=_ALL_BY_ONE_DNN,
    ),
    _accepts(
        "conv2d_transpose",
        "nothing",
        _too_small_and_empty,
        "upstream",
        "TensorFlow compares no shapes where there is nothing to compute",
        ("tensorflow",),
        needs=WHERE_ONE_DNN,
    ),
    *(
        _accepts(
            "conv2d_transpose",
            name,
            _reshaped,
            "by design",
            "Keras takes no output_shape",
            modes,
            needs=needs,
        )
        for name, modes, needs in (
            ("rank", ("torch", "jax"), ()),
            ("rank-tensorflow", ("tensorflow",), _ALL_BY_ONE_DNN),
        )
    ),
    keras_known(
        "conv2d_transpose",
        "error",
        "abort",
        "crash",
        _negative_single,
        "upstream",
        "a negative extent ends the process from inside TensorFlow",
        ("tensorflow",),
        url="https://github.com/tensorflow/tensorflow/issues/57715",
        title="tf.nn.conv2d_transpose crash with abort whtn `output_shape` has negative value",
        needs=WITH_ONE_DNN,
    ),
    _accepts(
        "avg_unpool2d", "window-zero", breaks("WindowZero"), "by design", "composed of repeats, which may be zero"
    ),
    _accepts(
        "avg_unpool2d",
        "window-negative",
        _minus_one,
        "upstream",
        "ops.repeat: 1 times -1 is -1, which torch's reshape takes for what is left",
        ("torch",),
    ),
    _accepts("avg_unpool2d", "rank", rank_three_in("NHWC"), "by design", "composed of repeats, for any rank"),
    _accepts("matmul", "dtypes", breaks("DtypeMismatch"), "by design", "operands are promoted to one dtype"),
    _accepts(
        "matmul",
        "rank-one",
        breaks("RankOne"),
        "by design",
        "ops.matmul follows NumPy, where vectors are allowed",
        url="https://www.tensorflow.org/api_docs/python/tf/keras/ops/matmul",
        title="tf.keras.ops.matmul",
    ),
    _accepts(
        "scatter_nd",
        "negative",
        breaks("IndexNegative"),
        "by design",
        "a negative index counts from the end",
        ("torch", "jax"),
    ),
    _accepts("scatter_nd", "indices", _small_indices, "by design", "any integer dtype may index", ("torch", "jax")),
    _accepts(
        "scatter_nd",
        "range",
        breaks("IndexOutOfRange"),
        "by design",
        "JAX drops an index out of range",
        ("jax",),
        url="https://docs.jax.dev/en/latest/_autosummary/jax.Array.at.html",
        title="jax.Array.at",
    ),
    _accepts("scatter_nd", "updates", _fits_reshaped, "upstream", "updates are reshaped until they fit", ("torch",)),
    *(
        keras_known(op, "error", "huge", "crash", covers, "upstream", _ABORT, ("jax",))
        for op, covers in (
            ("conv2d", breaks("PadOverflow")),
            ("max_pool2d", breaks("PadOverflow")),
            ("avg_pool2d", breaks("PadOverflow")),
            ("conv2d_transpose", breaks("OutputOverflow")),
            ("avg_unpool2d", repeated_beyond_bytes),
            ("scatter_nd", extent_fits_indices),
        )
    ),
    _accepts(
        "avg_unpool2d",
        "overflow",
        lambda case: overflows(case, "window", 2**40),
        "upstream",
        "tf.repeat multiplies into an extent of 0 instead of raising",
        ("tensorflow",),
    ),
    *(
        _accepts(op, "overflow", _wraps, "upstream", "ops.pad takes amounts modulo 2**32", ("tensorflow",))
        for op in _PADDED
    ),
    _accepts(
        "conv2d",
        "window-larger",
        breaks("WindowLargerThanInput"),
        "upstream",
        "TensorFlow answers a convolution without output with uninitialised memory in its input's shape",
        ("tensorflow",),
        url="https://github.com/tensorflow/tensorflow/issues/64396",
        title="Conv2D computes wrongly in Windows OS",
        needs=WHERE_ONE_DNN,
    ),
    keras_known(
        "max_pool2d",
        "error",
        "division",
        "crash",
        divided_by_nothing,
        "upstream",
        "a window that does not fit ends the process from inside TensorFlow (SIGFPE)",
        ("tensorflow",),
        url=DIVIDES_URL,
        title=DIVIDES_TITLE,
        needs=WITH_ONE_DNN,
    ),
)
