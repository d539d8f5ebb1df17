"""Gradients of convolutions: a batch that is not summed, a stride's remainder, a group's share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.geometry import to_nhwc
from opassay.adapters.oracle.hypotheses.question import windows_of
from opassay.adapters.oracle.mistakes.made import asked, mistakes
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Source

BOTH = ("conv2d", "conv2d_transpose")


def _last_sample(question: Question, told: Arrays) -> Arrays:
    """The filter's gradient is that of the last sample, which overwrites the others."""
    x, w = question.inputs
    (dy,) = question.cotangents
    if dy is None or len(x) < 2 or told[1] is None:
        return told
    attributes = dict(question.attributes)
    if "output_shape" in attributes:
        attributes["output_shape"] = (1, *attributes["output_shape"][1:])
    one = replace(question, inputs=(x[-1:], w), cotangents=(dy[-1:],), attributes=attributes)
    return told[0], asked(one, (told[0][:1], told[1]))[1]  # type: ignore[index]


def _rest_not_cleared(question: Question, told: Arrays) -> Arrays:
    """Rows that no window reaches because of the stride are not cleared."""
    if told[0] is None:
        return told
    values = dtypes.widen(told[0]).copy()
    image, hits = to_nhwc(values, question.attributes["layout"]), windows_of(question).spans.real_hits()
    rest = np.flatnonzero(hits.sum(axis=1) == 0)
    image[:, rest[rest >= hits.shape[0] // 2]] = 1
    return dtypes.narrow(values, dtypes.dtype_name(told[0])), *told[1:]


def _mean_of_samples(question: Question, told: Arrays) -> Arrays:
    if told[1] is None:
        return told
    whole = dtypes.widen(told[1]) / max(len(question.inputs[0]), 1)
    return told[0], dtypes.narrow(whole, dtypes.dtype_name(told[1]))


def _groups_together(question: Question, told: Arrays) -> Arrays:
    """Every group's filter gets the gradient of the first group's."""
    groups = question.attributes["groups"]
    if groups < 2 or told[1] is None:
        return told
    dw = dtypes.widen(told[1])
    own = dw.shape[3] // groups
    return told[0], dtypes.narrow(np.tile(dw[..., :own], groups), dtypes.dtype_name(told[1]))


MISTAKES = (
    *mistakes(
        "filter_gradient_of_last_sample",
        "the filter's gradient is that of the last sample, not the sum of all",
        _last_sample,
        BOTH,
        ("gradient",),
        Source(
            "https://github.com/cbovar/ConvNetSharp/issues/128",
            "Wrong gradient computation in Flow when batch size > 1",
        ),
    ),
    *mistakes(
        "filter_gradient_averaged",
        "the filter's gradient is the mean over the samples, not their sum",
        _mean_of_samples,
        BOTH,
        ("gradient",),
        Source(
            "https://github.com/sebgao/cTensor/issues/3",
            "Questions about the `batch_conv2d_weight_backward_f` function",
        ),
    ),
    *mistakes(
        "left_over_rows_not_cleared",
        "rows that the stride leaves over have the gradient that their memory held",
        _rest_not_cleared,
        ("conv2d", "max_pool2d", "avg_pool2d"),
        ("gradient",),
    ),
    *mistakes(
        "groups_share_gradient",
        "every group's filter is sent what the first one is",
        _groups_together,
        BOTH,
        ("gradient",),
    ),
)
