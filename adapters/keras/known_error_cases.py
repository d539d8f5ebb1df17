"""Cases of invalid input that Keras' known differences cover. Does not import Keras."""

from __future__ import annotations

import math

from opassay.adapters.geometry import effective, spatial_axes
from opassay.adapters.kernels.predicates import Predicate, extent_fits_indices, repeated_beyond_bytes
from opassay.adapters.onednn import ONE_DNN
from opassay.harness.model.case import Case


def negative(case: Case) -> bool:
    """An extent of the output is negative, including padding. For images of two axes in float32 only."""
    how, dtype = case.attributes, case.tensors[0].dtype
    pads = how["padding"] if not isinstance(how["padding"], str) else ((0, 0),) * len(how["stride"])
    asked = [how["output_shape"][axis] for axis in spatial_axes(how["layout"])]
    asked_itself = case.op == "conv2d_transpose" and case.rule == "OutputNegative"
    negative = any(n + sum(pad) < 0 for n, pad in zip(asked, pads, strict=True))
    return negative and (dtype == "float32" if asked_itself else dtype in ONE_DNN)


def wraps(case: Case) -> bool:
    """Padding that is small modulo 2**32; 2**31 becomes negative, which is refused."""
    return max(max(pair) for pair in case.attributes["padding"]) >= 2**40


def other_word(case: Case) -> bool:
    return case.attributes["padding"] != "same"


def without_output(case: Case) -> bool:
    return 0 in case.attributes["output_shape"]


def reshaped(case: Case) -> bool:
    """An output_shape of three extents with as many elements as Keras' answer, to which the adapter reshapes it."""
    word = case.attributes["padding"]
    return isinstance(word, str) and given(case, word) == math.prod(case.attributes["output_shape"])


def given(case: Case, word: str) -> int:
    """The number of elements of a transposed convolution without output_padding.

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


def fits_reshaped(case: Case) -> bool:
    """Updates that form whole slices, in any number."""
    indices, updates = case.tensors
    slices = case.attributes["shape"][indices.shape[-1] :]
    return updates.size % max(math.prod(slices), 1) == 0


def beyond_bytes(case: Case) -> bool:
    checks: dict[str, Predicate] = {"avg_unpool2d": repeated_beyond_bytes, "scatter_nd": extent_fits_indices}
    return checks[case.op](case) if case.op in checks else True


def window_of_nothing(case: Case) -> bool:
    return max(case.attributes["window"]) >= 2**40


def channels_last(case: Case) -> bool:
    return bool(case.attributes["layout"][-1] == "C")


def channels_first(case: Case) -> bool:
    return not channels_last(case)
