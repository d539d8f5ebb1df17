"""Mistakes about the position of windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from opassay.adapters.oracle.average import AVERAGES
from opassay.adapters.oracle.geometry import shape_nhwc
from opassay.adapters.oracle.hypotheses.question import (
    CONVS,
    MAX_POOLS,
    WINDOWED,
    References,
    ask,
    attempts,
    in_layout,
    mapped,
    pads_of,
    windows_of,
)
from opassay.adapters.oracle.pool import MAXIMA
from opassay.harness.model.hypothesis import Hypothesis, Question

DILATED = (*CONVS, *MAX_POOLS)


def _same_at_the_start(question: Question) -> Iterator[References]:
    if question.attributes["padding"] != "SAME":
        return
    found = windows_of(question)
    pairs = []
    for axis in range(found.axes):
        reach = (found.outputs[axis] - 1) * found.stride[axis] + found.spans.window[axis]
        total = max(0, reach - found.extents[axis])
        pairs.append((total - total // 2, total // 2))
    if any(before != after for before, after in pairs):
        yield ask(question.but(padding=tuple(pairs)))


def _same_undilated(question: Question) -> Iterator[References]:
    """The total padding is (ceil(n / s) - 1) s + k - n, also if negative; its halves and counts round toward zero."""
    if question.attributes["padding"] != "SAME":
        return
    found, axes = windows_of(question), in_layout(question.inputs[0], question.attributes["layout"])
    image, starts, pads, counts = question.inputs[0], [], [], []
    sizes = zip(axes, found.extents, found.outputs, found.window, found.stride, found.spans.window, strict=True)
    for axis, n, outputs, k, s, span in sizes:
        total = (outputs - 1) * s + k - n
        low, count = int(total / 2), int((n + total - span) / s) + 1
        after = (max(count, 1) - 1) * s + span - low - n
        starts.append(max(0, -low))
        pads.append((max(0, low), max(0, after)))
        counts.append(count)
        image = np.take(image, range(starts[-1], n - max(0, -after)), axis=axis)
    first, *rest = ask(question.but(inputs=(image,), padding=tuple(pads)))
    indices = [mapped(r, lambda v: _in_whole(v, image.shape, question, starts)) for r in rest]
    kept = tuple(slice(counts[axes.index(i)]) if i in axes else slice(None) for i in range(image.ndim))
    if min(counts) >= 0:
        yield tuple(mapped(r, lambda v: v[kept]) for r in (first, *indices))


def _in_whole(indices: np.ndarray, shape: Sequence[int], question: Question, starts: Sequence[int]) -> np.ndarray:
    """Indices of the image that begins at ``starts`` of the whole one, as indices of the whole one."""
    layout = question.attributes["layout"]
    _, _, width, channels = shape_nhwc(shape, layout)
    cell, channel = np.divmod(indices, max(channels, 1))
    row, column = np.divmod(cell, max(width, 1))
    _, _, whole, _ = shape_nhwc(question.inputs[0].shape, layout)
    return np.asarray(((row + starts[0]) * whole + column + starts[1]) * channels + channel)


def _swapped(name: str, question: Question) -> Iterator[References]:
    first, second = question.attributes[name]
    if first != second:
        yield ask(question.but(**{name: (second, first)}))


def _dilation_ignored(question: Question) -> Iterator[References]:
    if tuple(question.attributes["dilation"]) != (1, 1):
        yield from attempts(question.but(dilation=(1, 1), padding=pads_of(question)), question.but(dilation=(1, 1)))


def _filter_transposed(question: Question) -> Iterator[References]:
    x, w = question.inputs
    turned = question.but(inputs=(x, np.swapaxes(w, 0, 1)))
    found = ask(turned)
    yield (found[0], mapped(found[1], lambda v: np.swapaxes(v, 0, 1))) if question.gradient else found


def _sides_swapped(question: Question) -> Iterator[References]:
    (top, bottom), (left, right) = pads_of(question)
    # In SAME, that puts the odd one first.
    if question.attributes["padding"] != "SAME" and (top, left) != (bottom, right):
        yield ask(question.but(padding=((bottom, top), (right, left))))


def _axes_swapped(question: Question) -> Iterator[References]:
    rows, columns = pads_of(question)
    if rows != columns:
        yield ask(question.but(padding=(columns, rows)))


def _padding_ignored(question: Question) -> Iterator[References]:
    if any(pad for pair in pads_of(question) for pad in pair):
        yield ask(question.but(padding="VALID"))


def _layout_confused(question: Question) -> Iterator[References]:
    layout = question.attributes["layout"]
    yield ask(question.but(layout="NCHW" if layout == "NHWC" else "NHWC"))


def _extent_off_by_one(question: Question) -> Iterator[References]:
    """The answer without its last row or column, or with one more that holds zeros."""
    found = ask(question)
    for axis in in_layout(found[0].exact, question.attributes["layout"]):
        yield tuple(mapped(r, lambda v, a=axis: _one_less(v, a)) for r in found)  # type: ignore[misc]
        yield tuple(mapped(r, lambda v, a=axis: _one_more(v, a)) for r in found)  # type: ignore[misc]


def _one_less(values: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(values[(slice(None),) * axis + (slice(0, max(values.shape[axis] - 1, 0)),)])


def _one_more(values: np.ndarray, axis: int) -> np.ndarray:
    return np.pad(values, [(0, int(i == axis)) for i in range(values.ndim)])


def _one_window_more(question: Question) -> Iterator[References]:
    """The extent rounded up: a last window that reaches beyond the padding."""
    (top, bottom), (left, right) = pads_of(question)
    found = windows_of(question)
    rest = []
    for axis, before in ((0, top), (1, left)):
        reach = found.outputs[axis] * found.stride[axis] + found.spans.window[axis]
        rest.append(reach - before - found.extents[axis])
    after = ((rest[0], rest[1]), (rest[0], right), (bottom, rest[1]))
    yield from attempts(*(question.but(padding=((top, rows), (left, columns))) for rows, columns in after))


HYPOTHESES = (
    Hypothesis(
        "same_pads_first",
        "SAME puts the odd row and column of padding at the beginning instead of the end",
        _same_at_the_start,
        WINDOWED,
    ),
    Hypothesis(
        "same_undilated",
        "SAME counts its padding as if the window were not dilated, and crops where the stride is wider than it",
        _same_undilated,
        (*MAXIMA, *AVERAGES, "max_pool2d_with_argmax"),
        ("value",),
    ),
    Hypothesis(
        "stride_swapped", "height and width of the stride are swapped", lambda q: _swapped("stride", q), WINDOWED
    ),
    Hypothesis(
        "dilation_swapped", "height and width of the dilation are swapped", lambda q: _swapped("dilation", q), DILATED
    ),
    Hypothesis("dilation_ignored", "windows are not dilated", _dilation_ignored, DILATED),
    Hypothesis(
        "window_swapped",
        "height and width of the window are swapped",
        lambda q: _swapped("window", q),
        (*MAX_POOLS, "avg_pool2d", "avg_unpool2d"),
    ),
    Hypothesis("filter_transposed", "height and width of the filter are swapped", _filter_transposed, CONVS),
    Hypothesis("padding_sides_swapped", "padding before and padding after are swapped", _sides_swapped, WINDOWED),
    Hypothesis("padding_axes_swapped", "padding of the height and of the width are swapped", _axes_swapped, WINDOWED),
    Hypothesis("padding_ignored", "the input is not padded", _padding_ignored, WINDOWED),
    Hypothesis(
        "layout_confused",
        "the other layout is taken: channels are where a spatial axis is",
        _layout_confused,
        (*WINDOWED, "avg_unpool2d"),
    ),
    Hypothesis(
        "extent_rounded_up",
        "the extent of the answer is rounded up: one more window, which reaches past the padding",
        _one_window_more,
        (*MAX_POOLS, "avg_pool2d", "conv2d"),
        ("value",),
    ),
    Hypothesis(
        "extent_off_by_one",
        "the answer has one row or column too few, or one too many that holds zeros",
        _extent_off_by_one,
        (*WINDOWED, "max_unpool2d", "avg_unpool2d"),
        ("value",),
    ),
)
