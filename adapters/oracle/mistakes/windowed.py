"""Windows as in layers of models: mistakes with a bias, a truncated last window, and bins."""

from __future__ import annotations

import math

import numpy as np

from opassay.adapters.oracle.bins import Bins
from opassay.adapters.oracle.geometry import from_nhwc, shape_nhwc, to_nhwc
from opassay.adapters.oracle.mistakes.made import asked, mistakes, only, reading
from opassay.adapters.oracle.windowed import LOWER
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays

BIASED = ("biased_conv2d", "biased_conv_transpose2d")
POOLS = ("ceil_max_pool2d", "ceil_avg_pool2d")


class _Apart(Bins):
    """Bins without overlap."""

    def _lines(self) -> list[list[tuple[int, int]]]:
        return [
            [(start, max(end, start + 1)) for start, end in line] for line in map(_floored, self.extents, self.outputs)
        ]


def _floored(extent: int, size: int) -> list[tuple[int, int]]:
    return [(i * extent // size, (i + 1) * extent // size) for i in range(size)]


def _bins_apart(question: Question, told: Arrays) -> Arrays:
    (x,), layout = question.inputs, question.attributes["layout"]
    bins = _Apart(tuple(shape_nhwc(x.shape, layout)[1:-1]), question.attributes["size"])
    mean = bins.gathered(to_nhwc(dtypes.widen(x), layout)) / bins.real_taps()[..., np.newaxis]
    return (dtypes.narrow(from_nhwc(mean, layout), dtypes.dtype_name(x)),)


def _no_bias_added(question: Question, told: Arrays) -> Arrays:
    """Rows and columns of output padding are zeros."""
    (y,), layout, more = told, question.attributes["layout"], question.attributes["output_padding"]
    image = to_nhwc(y.copy(), layout) if y is not None else None
    if image is None:
        return told
    for axis, count in enumerate(more, 1):
        np.moveaxis(image, axis, 0)[image.shape[axis] - count :] = 0
    return (from_nhwc(image, layout),)


def _whole_window(question: Question, told: Arrays) -> Arrays:
    return asked(question, told, divisor=math.prod(question.attributes["window"]))


def _by_multiplier(w: np.ndarray, question: Question) -> np.ndarray:
    """The filters as if those of one multiplier were contiguous."""
    return w.swapaxes(-1, -2).reshape(w.shape)


MISTAKES = (
    *mistakes("bias_left_out", "the bias is not added", reading(2, lambda b, _: 0 * b), BIASED),
    *mistakes(
        "output_padding_unwritten",
        "what output padding adds has no bias",
        _no_bias_added,
        "biased_conv_transpose2d",
    ),
    *mistakes(
        "multiplier_first",
        "filters of one multiplier are taken to stand together",
        reading(1, _by_multiplier),
        "depthwise_conv2d",
    ),
    *mistakes(
        "odd_pad_last",
        "the odd row and column of SAME_LOWER come last",
        only(lambda q: q.attributes["padding"] == LOWER, lambda q, told: asked(q, told, padding="SAME")),
        ("biased_conv2d", *POOLS),
    ),
    *mistakes(
        "whole_window_counted",
        "a window that is cut short is divided by its whole size",
        only(lambda q: q.attributes["divisor"] is False, _whole_window),
        "ceil_avg_pool2d",
    ),
    *mistakes(
        "divisor_ignored",
        "the divisor is the number of elements, whatever is asked",
        lambda question, told: asked(question, told, divisor=False),
        "ceil_avg_pool2d",
    ),
    *mistakes("bins_apart", "bins end where the next one begins", _bins_apart, "adaptive_avg_pool2d"),
)
