"""Pools: mistakes with NaN, ties, padding, or special windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.geometry import from_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.question import pads_of, windows_of
from opassay.adapters.oracle.mistakes.made import asked, dtype, in_layout, mistakes, only, reading, spoilt
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Source

MAXIMA = ("max_pool2d", "max_pool2d_with_argmax")
POOLS = (*MAXIMA, "avg_pool2d")


def _reads(question: Question) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
    """Tap by tap: the outputs at which it meets the image, and the elements it reads, channels last."""
    image = to_nhwc(dtypes.widen(question.inputs[0]), question.attributes["layout"])
    for tap in windows_of(question).taps():
        yield tap.outputs, image[:, tap.inputs[0], tap.inputs[1]]


def _without_nan(question: Question) -> np.ndarray:
    """The maxima of all elements that are not NaN, channels last; the lowest value where there are none."""
    layout = question.attributes["layout"]
    best = np.full(to_nhwc(question.truth[0].exact, layout).shape, -np.inf)
    for (rows, columns), read in _reads(question):
        best[:, rows, columns] = np.fmax(best[:, rows, columns], read)
    return best


def _told(question: Question, values: np.ndarray, told: Arrays) -> Arrays:
    first = dtypes.narrow(from_nhwc(values, question.attributes["layout"]), question.truth[0].dtype)
    return (first, *told[1:])


def _lost_in_scalars(question: Question, told: Arrays) -> Arrays:
    """Channels beyond whole vectors of four are compared one by one."""
    values = to_nhwc(dtypes.widen(told[0]), question.attributes["layout"]).copy()  # type: ignore[arg-type]
    whole = values.shape[3] // 4 * 4
    values[..., whole:] = _without_nan(question)[..., whole:]
    return _told(question, values, told)


def _last_nan_lost(question: Question, told: Arrays) -> Arrays:
    """The last tap is compared by >, which is false for NaN."""
    *taps, last = _reads(question)
    best = np.full(to_nhwc(question.truth[0].exact, question.attributes["layout"]).shape, -np.inf)
    for (rows, columns), read in taps:
        best[:, rows, columns] = np.maximum(best[:, rows, columns], read)
    (rows, columns), read = last
    held = best[:, rows, columns]
    best[:, rows, columns] = np.where(read > held, read, held)
    return _told(question, best, told)


def _as_signed(question: Question, told: Arrays) -> Arrays:
    layout = question.attributes["layout"]
    best = np.full(to_nhwc(question.truth[0].exact, layout).shape, -128)
    for (rows, columns), read in _reads(question):
        best[:, rows, columns] = np.maximum(best[:, rows, columns], read.astype(np.int8))
    return _told(question, best.astype(np.uint8), told)


def _cropped(question: Question, told: Arrays) -> Arrays:
    """A window of one element takes a fast path: the image, from its corner."""
    answer = to_nhwc(told[0], question.attributes["layout"])  # type: ignore[arg-type]
    image = to_nhwc(question.inputs[0], question.attributes["layout"])
    part = image[:, : answer.shape[1], : answer.shape[2]]
    if part.shape != answer.shape:
        return told
    return (from_nhwc(part, question.attributes["layout"]), *told[1:])


def _single(question: Question) -> bool:
    return tuple(question.attributes["window"]) == (1, 1) and pads_of(question) == ((0, 0), (0, 0))


def _first_channel(indices: np.ndarray) -> None:
    indices[...] = indices[..., :1]


def _channel_mixed(question: Question, told: Arrays) -> Arrays:
    return (told[0], *in_layout(_first_channel)(question, told)[1:])


def _in_16_bits(values: np.ndarray) -> np.ndarray:
    """The flat index as an int16."""
    return (values + 2**15) % 2**16 - 2**15


def _by_whole_window(question: Question, told: Arrays) -> Arrays:
    """Where padding is not counted, windows over the end are divided by all their elements."""
    a = question.attributes
    found = asked(question, told, count_padding=True)
    windows = windows_of(question)
    values, other = (to_nhwc(dtypes.widen(x[0]), a["layout"]) for x in (told, found))  # type: ignore[arg-type]
    values = values.copy()
    for axis in (1, 2):
        extent, begin = windows.extents[axis - 1], np.arange(values.shape[axis]) * windows.stride[axis - 1]
        over = begin - windows.before[axis - 1] + windows.window[axis - 1] > extent
        place = (slice(None),) * axis + (over,)
        values[place] = other[place]
    return _told(question, values, told)


def _in_own_format(question: Question, told: Arrays) -> Arrays:
    """Sums are rounded to the answer's format at each step."""
    kind = dtype(question)
    layout, found = question.attributes["layout"], windows_of(question)
    total = np.zeros(to_nhwc(question.truth[0].exact, layout).shape)
    with np.errstate(all="ignore"):
        for (rows, columns), read in _reads(question):
            total[:, rows, columns] = dtypes.widen(dtypes.narrow(total[:, rows, columns] + read, kind))
        area = np.prod(found.window) if question.attributes["count_padding"] else found.real_taps()[None, :, :, None]
        return _told(question, total / np.maximum(area, 1), told)


def _rim_lost(question: Question, told: Arrays) -> Arrays:
    """The gradient of windows that reach beyond the image is left out."""
    (dy, *rest), layout = question.cotangents, question.attributes["layout"]
    if dy is None:
        return told
    windows = windows_of(question)
    spans = windows.spans
    values = to_nhwc(dtypes.widen(dy), layout).copy()
    for axis in (0, 1):
        begin = np.arange(windows.outputs[axis]) * windows.stride[axis] - windows.before[axis]
        over = (begin < 0) | (begin + spans.window[axis] > windows.extents[axis])
        values[(slice(None),) * (axis + 1) + (over,)] = 0
    cut = dtypes.narrow(from_nhwc(values, layout), dtypes.dtype_name(dy))
    return asked(_with_cotangent(question, (cut, *rest)), told)


def _with_cotangent(question: Question, cotangents: tuple[np.ndarray | None, ...]) -> Question:
    return replace(question, cotangents=cotangents)


def _negative_shifted(x: np.ndarray, question: Question) -> np.ndarray:
    return np.where(x < 0, 0, x)


MISTAKES = (
    *mistakes(
        "nan_lost_behind_vectors",
        "of channels behind whole vectors of four, a NaN is never the maximum",
        only(lambda q: dtype(q) in dtypes.FLOATS, _lost_in_scalars),
        "max_pool2d",
        source=Source(
            "https://github.com/tensorflow/tensorflow/issues/125965",
            "CPU MaxPool2D returns different results for identical float64 channels containing NaN",
        ),
    ),
    *mistakes(
        "last_nan_lost",
        "a NaN that is the last element of its window is lost",
        only(lambda q: dtype(q) in dtypes.FLOATS and len(windows_of(q).taps()) > 0, _last_nan_lost),
        "max_pool2d",
    ),
    *mistakes(
        "unsigned_as_signed",
        "uint8 is compared as int8",
        only(lambda q: dtype(q) == "uint8", _as_signed),
        "max_pool2d",
    ),
    *mistakes("window_of_one_cropped", "a window of one element takes no steps", only(_single, _cropped), POOLS),
    *mistakes(
        "index_of_first_channel",
        "the indices of the first channel stand in all of them",
        _channel_mixed,
        "max_pool2d_with_argmax",
        source=Source("https://github.com/onnx/onnx-tensorflow/issues/719", "MaxPool_with_argmax indices issue"),
    ),
    *mistakes(
        "index_in_16_bits",
        "indices are counted in 16 bits, signed",
        spoilt(_in_16_bits, (1,)),
        "max_pool2d_with_argmax",
    ),
    *mistakes(
        "end_divided_by_window",
        "where padding is not counted, windows that reach over the end are divided by all their elements",
        only(lambda q: not q.attributes["count_padding"], _by_whole_window),
        "avg_pool2d",
        source=Source(
            "https://github.com/apple/coremltools/pull/2844", "Do not count ceil_mode overhang in the avg_pool divisor"
        ),
    ),
    *mistakes(
        "summed_in_own_format",
        "sums of narrow numbers are rounded at each step, though the adapter says that they are not",
        only(lambda q: dtype(q) in ("float16", "bfloat16"), _in_own_format),
        "avg_pool2d",
        declares=True,
    ),
    *mistakes(
        "rim_has_no_gradient",
        "windows that reach over the rim send nothing back",
        _rim_lost,
        POOLS,
        ("gradient",),
    ),
    *mistakes(
        "dilated_gradient_undilated",
        "the gradient of a dilated window goes to one that is not",
        only(
            lambda q: tuple(q.attributes["dilation"]) != (1, 1),
            lambda q, told: asked(q, told, dilation=(1, 1)),
        ),
        MAXIMA,
        ("gradient",),
    ),
    *mistakes(
        "maxima_from_zero",
        "maxima of integers start from zero",
        only(lambda q: not dtypes.is_float(dtype(q)), reading(0, _negative_shifted)),
        "max_pool2d",
    ),
)
