"""Convolutions: one attribute, or a pair of attributes, with a code path of its own."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.geometry import effective_window, shape_nhwc
from opassay.adapters.oracle.hypotheses.question import pads_of
from opassay.adapters.oracle.mistakes.made import asked, dtype, in_layout, is_float, mistakes, only, reading
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Source

BOTH = ("conv2d", "conv2d_transpose")


def kernel_of(question: Question) -> tuple[int, ...]:
    return question.inputs[1].shape[:2]


def channels(question: Question) -> int:
    return shape_nhwc(question.inputs[0].shape, question.attributes["layout"])[3]


def _three_by_three(question: Question) -> bool:
    a = question.attributes
    return kernel_of(question) == (3, 3) and tuple(a["stride"]) == tuple(a["dilation"]) == (1, 1)


def _depthwise(question: Question) -> bool:
    return bool(question.attributes["groups"] == channels(question) > 1)


def _tiles_overlap(image: np.ndarray) -> None:
    """Tiles of four outputs begin two apart."""
    columns = np.arange(image.shape[2])
    image[...] = image[:, :, 2 * (columns // 4) + columns % 4].copy()


def _last_odd_column(image: np.ndarray) -> None:
    """Tiles of two outputs: the last of an odd number is not written."""
    if image.shape[2] % 2 and image.shape[2] > 1:
        image[:, :, -1] = 0


def _unwritten(image: np.ndarray) -> None:
    image[...] = 0


def _balanced(question: Question, told: Arrays) -> Arrays:
    """The same total padding, as even as possible."""
    (top, bottom), (left, right) = question.attributes["padding"]
    pads = tuple((total // 2, total - total // 2) for total in (top + bottom, left + right))
    return asked(question, told, padding=pads)


def _dilated_alike(question: Question, told: Arrays) -> Arrays:
    height, _ = question.attributes["dilation"]
    return asked(question, told, dilation=(height, height))


def _other_start(question: Question, told: Arrays) -> Arrays:
    pads = tuple((after, before) for before, after in pads_of(question))
    return asked(question, told, padding=pads)


def _flipped(w: np.ndarray, question: Question) -> np.ndarray:
    return w[::-1]


def _last_tap_lost(w: np.ndarray, question: Question) -> np.ndarray:
    w[-1:, -1:] = 0
    return w


def _first_group(w: np.ndarray, question: Question) -> np.ndarray:
    own = w.shape[3] // question.attributes["groups"]
    return np.tile(w[..., :own], question.attributes["groups"])


def _by_multiplier(image: np.ndarray, inputs: int) -> None:
    *rest, outputs = image.shape
    image[...] = image.reshape(*rest, inputs, outputs // inputs).swapaxes(-1, -2).reshape(image.shape)


def _multiplier_first(question: Question, told: Arrays) -> Arrays:
    inputs = channels(question)
    return in_layout(lambda image: _by_multiplier(image, inputs))(question, told)


def _uneven(question: Question) -> bool:
    """A transpose whose answer is not the largest, or not the smallest, that its input allows."""
    a = question.attributes
    _, height, width, _ = shape_nhwc(a["output_shape"], a["layout"])
    spans = [effective_window(k, d) for k, d in zip(kernel_of(question), a["dilation"], strict=True)]
    return any(n > k and (n - k) % s for n, k, s in zip((height, width), spans, a["stride"], strict=True))


def _last_row_unwritten(image: np.ndarray) -> None:
    image[:, -1:] = 0


def _explicit(question: Question) -> bool:
    return not isinstance(question.attributes["padding"], str)


MISTAKES = (
    *mistakes(
        "tiles_overlap",
        "tiles of a 3 x 3 filter of stride 1 begin two columns apart where they are four wide",
        only(_three_by_three, in_layout(_tiles_overlap)),
        BOTH,
        source=Source(
            "https://github.com/adam-dziedzic/winograd/issues/1", "Question about the result of F(4x4, 3x3)."
        ),
    ),
    *mistakes(
        "odd_column_unwritten",
        "a 3 x 3 filter of stride 1 writes columns in pairs, and of an odd width not the last",
        only(_three_by_three, in_layout(_last_odd_column)),
        "conv2d",
    ),
    *mistakes(
        "dilated_depthwise_unwritten",
        "a depthwise convolution with holes answers what its memory held",
        only(lambda q: _depthwise(q) and tuple(q.attributes["dilation"]) != (1, 1), in_layout(_unwritten)),
        "conv2d",
        source=Source(
            "https://github.com/Tencent/ncnn/issues/315",
            "ConvolutionDepthWise doesn't seem to work when dilation is not equal 1",
        ),
    ),
    *mistakes(
        "multiplier_first",
        "the outputs of a depthwise convolution are ordered by multiplier, then by channel",
        only(_depthwise, _multiplier_first),
        "conv2d",
    ),
    *mistakes("dilated_alike", "the dilation of the height is that of the width, too", _dilated_alike, BOTH),
    *mistakes(
        "padding_balanced",
        "explicit padding is taken for as even as it can be",
        only(_explicit, _balanced),
        BOTH,
    ),
    *mistakes(
        "transpose_pads_first",
        "the odd row and column of SAME come first, in the transpose only",
        only(lambda q: q.attributes["padding"] == "SAME", _other_start),
        "conv2d_transpose",
        source=Source("https://github.com/tensorflow/tensorflow/issues/45999", "Bug in Transpose Convolution Padding"),
    ),
    *mistakes(
        "transpose_one_filter",
        "every group of a transpose is given the filters of the first",
        only(lambda q: q.attributes["groups"] > 1, reading(1, _first_group)),
        "conv2d_transpose",
        source=Source(
            "https://github.com/webmachinelearning/webnn-baseline/pull/51",
            "Fix implementation issue of convTranspose2d to support options.groups",
        ),
    ),
    *mistakes(
        "transpose_last_row_unwritten",
        "a transpose whose extent the stride does not divide leaves its last row as it was",
        only(_uneven, in_layout(_last_row_unwritten)),
        "conv2d_transpose",
    ),
    *mistakes(
        "float64_channels_first_flipped",
        "float64 in NCHW runs over the filter's rows from below",
        only(lambda q: dtype(q) == "float64" and q.attributes["layout"] == "NCHW", reading(1, _flipped)),
        "conv2d",
    ),
    *mistakes(
        "float16_dilated_tap_lost",
        "float16 with dilation leaves out the last tap",
        only(lambda q: dtype(q) == "float16" and tuple(q.attributes["dilation"]) != (1, 1), reading(1, _last_tap_lost)),
        "conv2d",
    ),
    *mistakes(
        "bfloat16_same_pads_first",
        "bfloat16 with SAME puts the odd row and column first",
        only(lambda q: dtype(q) == "bfloat16" and q.attributes["padding"] == "SAME", _other_start),
        "conv2d",
    ),
    *mistakes(
        "integers_strided_undilated",
        "integers with a stride are not dilated",
        only(
            lambda q: not is_float(q) and tuple(q.attributes["stride"]) != (1, 1),
            lambda q, told: asked(q, told, dilation=(1, 1)),
        ),
        "conv2d",
    ),
    *mistakes(
        "grouped_strided_tap_lost",
        "groups with a stride leave out the last tap",
        only(
            lambda q: q.attributes["groups"] > 1 and tuple(q.attributes["stride"]) != (1, 1), reading(1, _last_tap_lost)
        ),
        BOTH,
    ),
)
