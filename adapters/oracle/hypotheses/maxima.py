"""Mistakes of kernels that start a maximum from a number, or whose comparison replaces NaN by the next element."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from opassay.adapters.oracle.geometry import Windows, from_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.located import chosen, located, sent_back
from opassay.adapters.oracle.hypotheses.question import CHOOSING, References, ask, windows_of
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question

LANES = 4
"""float32 lanes of a 128-bit vector."""


def _lowest(question: Question) -> tuple[float, ...]:
    """The lowest finite number of the image's dtype; float32's, as the image's dtype holds it; and -inf."""
    name = dtypes.dtype_name(question.inputs[0])
    if not dtypes.is_float(name):
        return (float(np.iinfo(question.inputs[0].dtype).min),)
    single = dtypes.narrow(np.array(-dtypes.FORMATS["float32"].largest), name)
    return tuple(dict.fromkeys((-dtypes.FORMATS[name].largest, float(dtypes.widen(single)), -np.inf)))


def _starts_from_lowest(question: Question) -> Iterator[References]:
    """Until something larger comes, the maximum is at the first pixel, or at none."""
    for lowest, pixel in product(_lowest(question), (0, -1)):
        yield chosen(question, lambda new, best: new > best, lowest, pixel)


def _later(best: np.ndarray, new: np.ndarray) -> np.ndarray:
    """As x86's ``maxps`` compares: the second of two of which one is NaN."""
    return np.where(best >= new, best, new)


def _earlier(best: np.ndarray, new: np.ndarray) -> np.ndarray:
    """As ``std::max`` compares: the first of two of which one is NaN."""
    return np.where(best < new, new, best)


def _nan_restarts(question: Question) -> Iterator[References]:
    """Pixel by pixel; or down the columns, four at once, then across them, with padding as the lowest number.

    The remaining columns, fewer than four, keep a NaN that comes first. Source: pooling.cpp of MLAS.
    A gradient goes to the first element that equals the maximum, if any.
    """
    if not dtypes.is_float(dtypes.dtype_name(question.inputs[0])):
        return
    for lowest in (None, *_lowest(question)):
        if question.gradient:
            yield _to_first_equal(question, located(question, _not_less, lowest)[0])
        else:
            yield chosen(question, _not_less, lowest)
    if not question.gradient and windows_of(question).axes == 2:
        yield from _by_columns(question)


def _by_columns(question: Question) -> Iterator[References]:
    values, *rest = ask(question)
    layout = question.attributes["layout"]
    image, windows = to_nhwc(dtypes.widen(question.inputs[0]), layout), windows_of(question)
    for lowest in _lowest(question):
        found = _across(_down(image, windows), windows, lowest)
        yield (replace(values, exact=from_nhwc(found, layout)), *rest)


def _not_less(new: np.ndarray, best: np.ndarray) -> np.ndarray:
    return ~(best >= new)


def _to_first_equal(question: Question, maxima: np.ndarray) -> References:
    windows, image = windows_of(question), to_nhwc(dtypes.widen(question.inputs[0]), question.attributes["layout"])
    places, indices = np.arange(image[:1].size).reshape(1, *image.shape[1:]), np.full(maxima.shape, -1)
    for tap in reversed(windows.taps()):
        here, there = (slice(None), *tap.outputs), (slice(None), *tap.inputs)
        indices[here] = np.where(image[there] == maxima[here], places[there], indices[here])
    return (sent_back(question, ask(question)[0], indices),)


def _down(image: np.ndarray, windows: Windows) -> np.ndarray:
    """The maxima of columns, ``[batch, rows of windows, columns of the image, channels]``."""
    found = np.full((len(image), windows.outputs[0], *image.shape[2:]), -np.inf, image.dtype)
    vectors, started = image.shape[2] // LANES * LANES, np.zeros(windows.outputs[0], bool)
    for outputs, inputs in windows.reaches(0):
        if outputs.start < outputs.stop:
            best, new, first = found[:, outputs], image[:, inputs], ~started[outputs, None, None]
            largest = [_later(best, new)[:, :, :vectors], _earlier(best, new)[:, :, vectors:]]
            found[:, outputs] = np.where(first, new, np.concatenate(largest, axis=2))
            started[outputs] = True
    return found


def _across(columns: np.ndarray, windows: Windows, lowest: float) -> np.ndarray:
    (_, count), (_, stride), (_, before) = windows.outputs, windows.stride, windows.before
    reach = (count - 1) * stride + windows.spans.window[1]
    after = max(0, reach - before - columns.shape[2])
    padded = np.pad(columns, ((0, 0), (0, 0), (before, after), (0, 0)), constant_values=lowest)
    found = np.full((*columns.shape[:2], count, columns.shape[3]), -np.inf, columns.dtype)
    for tap in range(windows.window[1]):
        first = tap * windows.dilation[1]
        found = _later(found, padded[:, :, first : first + (count - 1) * stride + 1 : stride])
    return found


HYPOTHESES = (
    Hypothesis(
        "starts_from_lowest",
        "maxima start from the lowest number, finite or not, which only something larger replaces: a NaN never does",
        _starts_from_lowest,
        CHOOSING,
    ),
    Hypothesis(
        "nan_restarts",
        "a NaN is replaced, with the maximum so far, by what follows it",
        _nan_restarts,
        CHOOSING,
    ),
)
