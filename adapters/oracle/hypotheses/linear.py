"""Mistakes of sums: filters, groups, operands, repeated positions, divisors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.geometry import from_nhwc, over_batch, shape_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.question import (
    CONVS,
    References,
    ask,
    channel_axis,
    mapped,
    permuted,
    windows_of,
)
from opassay.adapters.oracle.linear import apply, linear_reference, wide
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference


def _filter_flipped(question: Question) -> Iterator[References]:
    x, w = question.inputs
    if max(w.shape[:2]) > 1:
        found = ask(question.but(inputs=(x, w[::-1, ::-1])))
        yield (found[0], mapped(found[1], lambda v: v[::-1, ::-1])) if question.gradient else found


def _interleaved(count: int, groups: int) -> np.ndarray:
    """The order in which channel c belongs to group c mod groups."""
    return np.arange(count).reshape(count // groups, groups).T.ravel()


def _groups_interleaved(question: Question) -> Iterator[References]:
    groups, axis = question.attributes["groups"], channel_axis(question.attributes["layout"])
    x, w = question.inputs
    if groups < 2 or question.gradient:
        return
    yield ask(question.but(inputs=(permuted(x, _interleaved(x.shape[axis], groups), axis), w)))
    if question.op == "conv2d":
        order = _interleaved(w.shape[3], groups)
        (found,) = ask(question.but(inputs=(x, permuted(w, order, 3))))
        yield (mapped(found, lambda v: permuted(v, np.argsort(order), axis)),)
    else:
        (found,) = ask(question)
        order = _interleaved(w.shape[2] * groups, groups)
        yield (mapped(found, lambda v: permuted(v, np.argsort(order), axis)),)


def _first_group_only(question: Question) -> Iterator[References]:
    groups, axis = question.attributes["groups"], channel_axis(question.attributes["layout"])
    x, w = question.inputs
    if groups > 1 and not question.gradient:
        own = np.arange(x.shape[axis]) % (x.shape[axis] // groups)
        yield ask(question.but(inputs=(permuted(x, own, axis), w)))


def _dense_groups(question: Question) -> Iterator[References]:
    """Zeros for the other groups are multiplied: in the filters, in the gradient of the filters, or in both."""
    dense = list(_dense_filter(question))
    yield from dense
    for found in (ask(question), *dense) if dense and question.gradient else ():
        yield from _groups_spread(question, found)


def _dense_filter(question: Question) -> Iterator[References]:
    """Groups as one filter with zeros between them: a non-finite element of another group gives NaN."""
    groups = question.attributes["groups"]
    x, w = question.inputs
    if groups < 2:
        return
    depth, made = w.shape[-2], w.shape[-1] // groups
    dense = np.zeros((*w.shape[:-2], depth * groups, w.shape[-1]), dtype=w.dtype)
    blocks = [(slice(g * depth, (g + 1) * depth), slice(g * made, (g + 1) * made)) for g in range(groups)]
    for block, last in blocks:
        dense[..., block, last] = w[..., last]
    found = ask(question.but(inputs=(x, dense), groups=1))
    if question.gradient and found[1].policy != "unconnected":
        dw = mapped(found[1], lambda v: np.concatenate([v[..., block, last] for block, last in blocks], axis=-1))
        found = (found[0], dw)
    yield found


def _groups_spread(question: Question, found: References) -> Iterator[References]:
    """In the filters' gradient, a non-finite element in one group of the cotangent, or of the image, gives NaN in the
    others.

    Image channels decide where a filter's third axis is NaN if another one exists for each of its last, and vice versa.
    """
    groups, axis = question.attributes["groups"], channel_axis(question.attributes["layout"])
    (x, w), dy = question.inputs, question.cotangents[0]
    if dy is None:
        return
    read, made = (dy, x) if "transpose" in question.op else (x, dy)
    by_made = _odd_elsewhere(made, groups, axis).reshape(-1)
    by_read = np.repeat(_odd_elsewhere(read, groups, axis).T, w.shape[-1] // groups, axis=1)
    for odd in (by_made, by_read):
        yield found[0], replace(found[1], exact=np.where(odd, np.nan, found[1].exact))


def _odd_elsewhere(image: np.ndarray, groups: int, axis: int) -> np.ndarray:
    """``[groups, channels of each]``: whether this channel of another group is not finite somewhere."""
    odd = ~np.isfinite(wide(image)).all(axis=tuple(i for i in range(image.ndim) if i != axis))
    odd = odd.reshape(groups, -1)
    return np.asarray(odd.sum(axis=0) > odd)


def _operand_transposed(question: Question) -> Iterator[References]:
    a, b = question.inputs
    turned_a, turned_b = np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2)
    for change_a, change_b in ((True, False), (False, True), (True, True)):
        pair = (turned_a if change_a else a, turned_b if change_b else b)
        if pair[0].shape != a.shape or pair[1].shape != b.shape:
            continue
        found = ask(question.but(inputs=pair))
        if question.gradient:
            turns = zip(found, (change_a, change_b), strict=True)
            found = tuple(mapped(r, lambda v: np.swapaxes(v, -1, -2)) if turn else r for r, turn in turns)
        yield found


def _in_saturating_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """An int8 product by x86's uint8 × int8: a is offset by 128, and the offset's product is subtracted again."""
    inner = a.shape[1] + a.shape[1] % 2
    left = np.zeros((a.shape[0], inner), np.int64)
    right = np.zeros((inner, b.shape[1]), np.int64)
    left[:, : a.shape[1]], right[: len(b)] = a + np.int64(128), b
    pairs = sum(left[:, i::2, None] * right[None, i::2] for i in (0, 1))
    return np.asarray(np.clip(pairs, -(2**15), 2**15 - 1).sum(axis=1) - 128 * right.sum(axis=0))


def _pairs_saturate(question: Question) -> Iterator[References]:
    a, b = question.inputs
    if a.dtype != np.int8:
        return
    (right,) = ask(question)
    for found in (_in_saturating_pairs(a, b), _in_saturating_pairs(b.T, a.T).T):
        yield (replace(right, exact=found.astype(right.exact.dtype)),)


def _index_axes_reversed(question: Question) -> Iterator[References]:
    indices, updates = question.inputs
    if indices.shape[-1] > 1:
        yield ask(question.but(inputs=(indices[..., ::-1], updates)))


def _repeated_overwrites(question: Question) -> Iterator[References]:
    """Of several updates at one position, the last or the first is kept instead of their sum."""
    indices, updates = question.inputs
    (true,) = ask(question)
    depth = indices.shape[-1]
    places, values = indices.reshape(-1, depth), wide(updates).reshape(-1, *true.exact.shape[depth:])
    for step in (1, -1):
        y = np.zeros(true.exact.shape, dtype=true.exact.dtype)
        for place, value in zip(places[::step], values[::step], strict=True):
            y[tuple(place)] = value
        yield (Reference(true.name, true.dtype, y),)


def _repeated_adds(question: Question) -> Iterator[References]:
    x, indices = question.inputs
    layout, shape = question.attributes["layout"], question.attributes["output_shape"]
    whole = shape_nhwc(shape, layout)
    flat = over_batch(to_nhwc(indices, layout), math.prod(whole[1:])).ravel()
    values = to_nhwc(dtypes.widen(x), layout).ravel()
    y = np.zeros(math.prod(whole), dtype=values.dtype)
    np.add.at(y, flat, values)
    yield (Reference("y", dtypes.dtype_name(x), from_nhwc(y.reshape(whole), layout)),)


def _divided_by(question: Question, divisor: int) -> References:
    """The average pool, or its gradient, with this divisor instead of its own."""
    (true,), layout, windows = ask(question), question.attributes["layout"], windows_of(question)
    (x,), dy = question.inputs, question.cotangents[0] if question.gradient else None
    shape = to_nhwc(x, layout).shape

    def summed(x: np.ndarray) -> np.ndarray:
        total = np.zeros((shape[0], *windows.outputs, shape[3]), dtype=x.dtype)
        for tap in windows.taps():
            total[:, *tap.outputs] += to_nhwc(x, layout)[:, *tap.inputs]
        return from_nhwc(total, layout)

    def spread(dy: np.ndarray) -> np.ndarray:
        dx = np.zeros(shape, dtype=dy.dtype)
        for tap in windows.taps():
            dx[:, *tap.inputs] += to_nhwc(dy, layout)[:, *tap.outputs]
        return from_nhwc(dx / divisor, layout)

    if not question.gradient:
        total = linear_reference(true.name, summed, (x,))
        divisors = np.full(total.exact.shape, divisor)
        return (replace(total, exact=apply(np.divide, (total.exact, divisors)), divisor=divisors),)
    if dy is None:
        return (true,)
    unit = np.full(true.exact.shape, 1 / divisor if math.log2(divisor).is_integer() else np.nan)
    return (replace(linear_reference(true.name, spread, (dy,)), terms=true.terms, unit=unit, roundings=2),)


def _count_padding_swapped(question: Question) -> Iterator[References]:
    yield ask(question.but(count_padding=not question.attributes["count_padding"]))


def _not_divided(question: Question) -> Iterator[References]:
    yield _divided_by(question, 1)


def _wrong_divisor(question: Question) -> Iterator[References]:
    height, width = question.attributes["window"]
    stride = question.attributes["stride"]
    real = int(windows_of(question).real_taps().max(initial=0))
    for divisor in {height, width, height + width, stride[0] * stride[1], height * width - 1, height * width + 1, real}:
        if divisor > 1 and divisor != height * width:
            yield _divided_by(question, divisor)


AVERAGE = ("avg_pool2d",)
HYPOTHESES = (
    Hypothesis("filter_flipped", "the filter is turned round: a true convolution", _filter_flipped, CONVS),
    Hypothesis(
        "groups_interleaved",
        "channel c belongs to group c mod groups instead of a block of channels",
        _groups_interleaved,
        CONVS,
    ),
    Hypothesis("first_group_only", "every group reads the channels of the first", _first_group_only, CONVS),
    Hypothesis(
        "dense_groups",
        "zeros stand for the other groups, and zero times what is not finite is NaN",
        _dense_groups,
        CONVS,
    ),
    Hypothesis("operand_transposed", "an operand is transposed", _operand_transposed, ("matmul",)),
    Hypothesis(
        "pairs_saturate",
        "products of int8 are added up two at a time in 16 bits, which saturate",
        _pairs_saturate,
        ("matmul_widened",),
        ("value",),
    ),
    Hypothesis("index_axes_reversed", "the components of an index are reversed", _index_axes_reversed, ("scatter_nd",)),
    Hypothesis(
        "repeated_index_overwrites",
        "of several updates at one position one is kept instead of their sum",
        _repeated_overwrites,
        ("scatter_nd",),
        ("value",),
    ),
    Hypothesis(
        "repeated_index_adds",
        "equal values at one position add up instead of being written once",
        _repeated_adds,
        ("max_unpool2d",),
        ("value",),
    ),
    Hypothesis(
        "count_padding_swapped",
        "padding is counted in the divisor where it must not be, or not where it must",
        _count_padding_swapped,
        AVERAGE,
    ),
    Hypothesis("sum_not_divided", "the sum of a window is not divided", _not_divided, AVERAGE, ("value",)),
    Hypothesis(
        "gradient_not_scaled", "the gradient is not divided by the window", _not_divided, AVERAGE, ("gradient",)
    ),
    Hypothesis("wrong_divisor", "the sum is divided by another number than the window's", _wrong_divisor, AVERAGE),
)
