"""Mistakes in how the index of the maximum is counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.geometry import from_nhwc, over_batch, shape_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.located import located, sent_back
from opassay.adapters.oracle.hypotheses.question import (
    References,
    ask,
    in_layout,
    pads_of,
    windows_of,
)
from opassay.harness.model.hypothesis import Hypothesis, Question

ARGMAX = ("max_pool2d_with_argmax",)


def _reindexed(question: Question, change: Callable[[np.ndarray, Question], np.ndarray]) -> Iterator[References]:
    """``change`` maps NHWC indices of the contract to those of the mistake."""
    layout = question.attributes["layout"]
    values, indices = ask(question)
    changed = change(to_nhwc(indices.exact, layout), question)
    yield values, replace(indices, exact=from_nhwc(changed.astype(np.int64), layout))


def image_shape(question: Question) -> tuple[int, ...]:
    return shape_nhwc(question.inputs[0].shape, question.attributes["layout"])


def with_batch(indices: np.ndarray, question: Question) -> np.ndarray:
    return over_batch(indices, math.prod(image_shape(question)[1:]))


def of_plane(indices: np.ndarray, question: Question) -> np.ndarray:
    return indices // max(image_shape(question)[3], 1)


def channels_first(indices: np.ndarray, question: Question) -> np.ndarray:
    _, height, width, channels = image_shape(question)
    return np.asarray(indices % max(channels, 1) * (height * width) + indices // max(channels, 1))


def in_padded(indices: np.ndarray, question: Question) -> np.ndarray:
    _, _, width, channels = image_shape(question)
    (top, _), (left, right) = pads_of(question)
    cell, channel = np.divmod(indices, max(channels, 1))
    row, column = np.divmod(cell, max(width, 1))
    return np.asarray(((row + top) * (width + left + right) + column + left) * channels + channel)


def in_window(indices: np.ndarray, question: Question) -> np.ndarray:
    _, _, width, channels = image_shape(question)
    windows = windows_of(question)
    row, column = np.divmod(indices // max(channels, 1), max(width, 1))
    rows = row - (np.arange(windows.outputs[0]) * windows.stride[0] - windows.before[0])[None, :, None, None]
    columns = column - (np.arange(windows.outputs[1]) * windows.stride[1] - windows.before[1])[None, None, :, None]
    return np.asarray(rows // windows.dilation[0] * windows.window[1] + columns // windows.dilation[1])


def counted_by_columns(question: Question) -> Iterator[References]:
    """A window's elements are numbered by columns, and its maximum is looked up by rows."""
    height, width = question.attributes["window"]
    true = ask(question)
    if min(height, width) < 2 or (len(true) == 1 and not question.gradient):
        return
    turned = _turned(question)
    _, places = located(turned, lambda new, best: (new > best) | (np.isnan(new) & ~np.isnan(best)))
    row, column = np.divmod(np.swapaxes(in_window(places, turned), 1, 2), width)
    indices = _flat(question, row, column)
    if ((indices < 0) | (indices >= math.prod(image_shape(question)[1:]))).any():
        return
    if question.gradient:
        yield (sent_back(question, true[0], indices),)
    else:
        yield true[0], replace(true[1], exact=from_nhwc(indices, question.attributes["layout"]))


def _turned(question: Question) -> Question:
    """The same question with rows and columns exchanged."""
    x, a = question.inputs[0], question.attributes
    pairs = {name: tuple(a[name])[::-1] for name in ("window", "stride", "dilation")}
    return question.but(inputs=(np.swapaxes(x, *in_layout(x, a["layout"])),), padding=pads_of(question)[::-1], **pairs)


def _flat(question: Question, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """The flat indices of these rows and columns of each window; columns out of range continue in the next row."""
    windows, (_, _, width, channels) = windows_of(question), image_shape(question)
    first = [np.arange(n) * s - pad for n, s, pad in zip(windows.outputs, windows.stride, windows.before, strict=True)]
    rows = first[0][:, None, None] + row * windows.dilation[0]
    columns = first[1][:, None] + column * windows.dilation[1]
    return np.asarray((rows * width + columns) * channels + np.arange(channels))


def index_mistake(name: str, says: str, change: Callable[[np.ndarray, Question], np.ndarray]) -> Hypothesis:
    return Hypothesis(name, says, lambda q: _reindexed(q, change), ARGMAX, ("value",))
