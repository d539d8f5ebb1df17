"""Mistakes in which element is the maximum, and in how its index is counted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.geometry import UNBATCHED, channels_last, from_nhwc, over_batch, to_nhwc
from opassay.adapters.oracle.hypotheses.located import chosen, located
from opassay.adapters.oracle.hypotheses.positions import (
    ARGMAX,
    channels_first,
    counted_by_columns,
    image_shape,
    in_padded,
    in_window,
    index_mistake,
    of_plane,
    with_batch,
)
from opassay.adapters.oracle.hypotheses.question import (
    CHOOSING,
    MAX_POOLS,
    References,
    ask,
    mapped,
    pads_of,
    windows_of,
)
from opassay.adapters.oracle.linear import linear_reference
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference

Pads = tuple[tuple[int, int], ...]
"""Padding before and after, per axis."""


def _last_maximum(question: Question) -> Iterator[References]:
    yield chosen(question, lambda new, best: (new >= best) | (np.isnan(new) & ~np.isnan(best)))


def _last_nan(question: Question) -> Iterator[References]:
    yield chosen(question, lambda new, best: (new > best) | np.isnan(new))


def _nan_dropped(question: Question) -> Iterator[References]:
    if dtypes.is_float(dtypes.dtype_name(question.inputs[0])):
        yield chosen(question, lambda new, best: (new > best) | (np.isnan(best) & ~np.isnan(new)))


def _nan_first_only(question: Question) -> Iterator[References]:
    if dtypes.is_float(dtypes.dtype_name(question.inputs[0])):
        yield chosen(question, lambda new, best: new > best)


def _kept_if_not_less(question: Question) -> Iterator[References]:
    """As in XLA's select-and-scatter, and kernels that compare likewise.

    Where padding takes part, a gradient that goes there is lost. It may also take none.
    """
    x, layout = question.inputs[0], question.attributes["layout"]
    if not dtypes.is_float(dtypes.dtype_name(x)):
        return
    yield chosen(question, lambda new, best: ~(best >= new))
    around = _around(pads_of(question), layout)
    found = chosen(_padded(question, around, -np.inf), lambda new, best: ~(best >= new))
    yield (mapped(found[0], lambda v: v[_inside(around, x)]),)


def _around(pads: Pads, layout: str) -> list[tuple[int, int]]:
    """Padding of every axis of an image."""
    whole = [(0, 0), *pads, (0, 0)] if channels_last(layout) else [(0, 0), (0, 0), *pads]
    return whole[1:] if layout == UNBATCHED else whole


def _inside(around: Sequence[tuple[int, int]], x: np.ndarray) -> tuple[slice, ...]:
    return tuple(slice(before, before + n) for (before, _), n in zip(around, x.shape, strict=True))


def _padded(question: Question, around: Sequence[tuple[int, int]], value: float) -> Question:
    """The same question about an image that includes its padding, of this value."""
    x = question.inputs[0]
    outside = dtypes.narrow(np.array(value), dtypes.dtype_name(x))
    return question.but(inputs=(np.pad(x, around, constant_values=outside),), padding="VALID")


def _padded_with_zero(question: Question) -> Iterator[References]:
    pads = pads_of(question)
    if not any(pad for pair in pads for pad in pair):
        return
    x, layout = question.inputs[0], question.attributes["layout"]
    around = _around(pads, layout)
    found = ask(_padded(question, around, 0))
    if question.gradient:
        yield (mapped(found[0], lambda v: v[_inside(around, x)]),)
    elif len(found) == 1:
        yield found
    else:
        # Where a zero of the padding wins, no index can name it.
        true = ask(question)
        lost = found[0].exact != true[0].exact
        yield found[0], replace(true[1], free=lost if lost.any() else None)


def _index_of_padding(question: Question) -> Iterator[References]:
    """Where no element exceeds the lowest value, padding of that value wins: its index lies outside the image."""
    x, layout, pads = question.inputs[0], question.attributes["layout"], pads_of(question)
    name = dtypes.dtype_name(x)
    lowest = -math.inf if dtypes.is_float(name) else int(np.iinfo(name).min)
    values, indices = ask(_padded(question, _around(pads, layout), lowest))
    (top, _), (left, right) = pads
    _, _, width, channels = image_shape(question)
    cell, channel = np.divmod(to_nhwc(indices.exact, layout), max(channels, 1))
    row, column = np.divmod(cell, max(width + left + right, 1))
    found = ((row - top) * width + column - left) * channels + channel
    yield values, replace(ask(question)[1], exact=from_nhwc(found, layout))


def _every_maximum(question: Question, shared: bool) -> Iterator[References]:
    """The gradient to all elements equal to the maximum, whole or in equal parts."""
    (true,), layout, dy = ask(question), question.attributes["layout"], question.cotangents[0]
    if dy is None or true.policy != "linear":
        return
    windows, image = windows_of(question), to_nhwc(dtypes.widen(question.inputs[0]), layout)
    largest, _ = located(question, lambda new, best: new > best)
    count = np.zeros(largest.shape)
    for tap in windows.taps():
        here, there = (slice(None), *tap.outputs), (slice(None), *tap.inputs)
        count[here] += image[there] == largest[here]

    def linear(dy: np.ndarray) -> np.ndarray:
        dx, arrived = np.zeros(image.shape, dtype=dy.dtype), to_nhwc(dy, layout)
        for tap in windows.taps():
            here, there = (slice(None), *tap.outputs), (slice(None), *tap.inputs)
            parts = np.maximum(count[here], 1) if shared else 1
            dx[there] += np.where(image[there] == largest[here], arrived[here] / parts, 0)
        return from_nhwc(dx, layout)

    found = linear_reference(true.name, linear, (dy,))
    if shared:
        terms = np.full(found.exact.shape, math.prod(windows.window), dtype=np.int64)
        found = replace(found, unit=np.full(found.exact.shape, np.nan), roundings=2, terms=terms)
    yield (found,)


def _overwritten(question: Question) -> Iterator[References]:
    """Gradients from several windows to one element are not added: the last one, or the first, is kept."""
    (true,), layout, dy = ask(question), question.attributes["layout"], question.cotangents[0]
    if dy is None or true.policy != "linear":
        return
    _, indices = located(question, lambda new, best: (new > best) | (np.isnan(new) & ~np.isnan(best)))
    shape = image_shape(question)
    flat = over_batch(indices, math.prod(shape[1:])).ravel()
    values = to_nhwc(dtypes.widen(dy), layout).ravel()
    for step in (1, -1):
        dx = np.zeros(math.prod(shape), dtype=values.dtype)
        for place, value in zip(flat[::step], values[::step], strict=True):
            dx[place] = value
        yield (Reference(true.name, true.dtype, from_nhwc(dx.reshape(shape), layout)),)


HYPOTHESES = (
    Hypothesis("padded_with_zero", "padding takes part in the maximum, as zeros", _padded_with_zero, CHOOSING),
    Hypothesis("nan_first_only", "a NaN counts only where it is its window's first element", _nan_first_only, CHOOSING),
    Hypothesis("nan_dropped", "a NaN never is the maximum", _nan_dropped, CHOOSING),
    Hypothesis("last_nan", "of several NaN in a window the last one counts, not the first", _last_nan, CHOOSING),
    Hypothesis(
        "kept_if_not_less",
        "the largest so far is kept if it is not less than the next, padding among them: a NaN never stays",
        _kept_if_not_less,
        CHOOSING,
        ("gradient",),
    ),
    Hypothesis("last_maximum", "of equal maxima the last one counts, not the first", _last_maximum, CHOOSING),
    index_mistake("index_with_batch", "the index counts over the whole batch, not within its sample", with_batch),
    index_mistake("index_of_plane", "the index counts within its plane, without channels", of_plane),
    index_mistake("index_channels_first", "the index counts channel by channel, as in NCHW", channels_first),
    index_mistake("index_in_padded_image", "the index refers to the padded image", in_padded),
    Hypothesis(
        "index_of_padding",
        "padding of the lowest value wins where the image holds nothing higher, and is indexed",
        _index_of_padding,
        ARGMAX,
        ("value",),
    ),
    index_mistake("index_in_window", "the index counts within its window", in_window),
    Hypothesis(
        "counted_by_columns",
        "a window's elements are numbered down its columns, and its maximum is looked up along its rows",
        counted_by_columns,
        MAX_POOLS,
    ),
    Hypothesis(
        "gradient_to_every_maximum",
        "of equal maxima each one gets the whole gradient",
        lambda q: _every_maximum(q, False),
        CHOOSING,
        ("gradient",),
    ),
    Hypothesis(
        "gradient_shared_among_maxima",
        "equal maxima share the gradient",
        lambda q: _every_maximum(q, True),
        CHOOSING,
        ("gradient",),
    ),
    Hypothesis(
        "gradient_overwritten",
        "of what several windows send to one element one is kept instead of the sum",
        _overwritten,
        CHOOSING,
        ("gradient",),
    ),
)
