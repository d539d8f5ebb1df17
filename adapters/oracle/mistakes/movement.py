"""Elements moved, picked and sorted: to another place, from another row, in another order of equals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.adapters.oracle.mistakes.made import asked, attributed, mistakes
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel

Array = np.ndarray
Function = Callable[..., Any]


def _moved(function: Function) -> Kernel:
    """``function`` of the inputs, where its answer has the right shape; bfloat16, which NumPy lacks, stays correct."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        first = told[0]
        if first is None or dtypes.dtype_name(question.inputs[-1]) == "bfloat16":
            return told
        with np.errstate(all="ignore"):
            found = np.asarray(function(*question.inputs, **question.attributes))
        return (found.astype(first.dtype), *told[1:]) if found.shape == first.shape else told

    return kernel


def _inverse(x: Array, axes: Any) -> Array:
    return x.transpose(np.argsort(axes)).reshape([x.shape[axis] for axis in axes])


def _cut_short(x: Array, begin: Any, end: Any, step: Any) -> Array:
    """Elements that the steps skip are read, from the start."""
    whole = x[tuple(map(slice, begin, end))]
    return whole[tuple(slice(0, n) for n in x[tuple(map(slice, begin, end, step))].shape)]


def _shift_cut(x: Array, shift: int, axis: int) -> Array:
    return np.roll(x, min(max(shift, 1 - x.shape[axis]), max(x.shape[axis] - 1, 0)), axis)


def _each(x: Array, repeats: Any) -> Array:
    for axis, count in enumerate(repeats):
        x = np.repeat(x, count, axis)
    return x


def _first_for_all(*xs: Array, axis: int) -> Array:
    """Every part is as long as the first: longer ones are cut, shorter ones padded."""
    return np.concatenate([np.resize(x, x.shape) if i == 0 else np.roll(x, 1, axis) for i, x in enumerate(xs)], axis)


def _added_to_zeros(indices: Array, x: Array, updates: Array, axis: int) -> Array:
    y = np.zeros_like(x)
    np.add.at(np.moveaxis(y, axis, 0), indices, np.moveaxis(updates, axis, 0))
    return y


def _once(indices: Array, x: Array, updates: Array, axis: int) -> Array:
    """Of several updates, only the last is added."""
    y = x.copy()
    np.moveaxis(y, axis, 0)[indices] += np.moveaxis(updates, axis, 0)
    return y


def _put_once(indices: Array, x: Array, updates: Array, accumulate: bool) -> Array:
    y, places = x.copy(), tuple(np.moveaxis(indices, -1, 0))
    y[places] = y[places] + updates if accumulate and x.dtype != bool else updates
    return y


def _one_short(indices: Array, x: Array, axis: int) -> Array:
    return np.asarray(np.take(x, np.minimum(indices, max(x.shape[axis] - 2, 0)), axis))


def _by_bytes(indices: Array, weight: Array) -> Array:
    """An index above 127 wraps."""
    return np.take(weight, indices.astype(np.int8), 0)


def _reduced_by_maximum(indices: Array, x: Array, updates: Array, axis: int, reduction: str) -> Array:
    y = x.copy()
    places = tuple(np.where(i == axis % x.ndim, indices, own) for i, own in enumerate(np.indices(indices.shape)))
    wrong = {"min": np.fmin, "max": np.fmax, "add": np.add, "mul": np.multiply}[reduction]
    wrong.at(y, places, updates)
    return y


def _order_turned(x: Array, axis: int, descending: bool) -> Array:
    """Descending is ascending reversed: the last of equal elements comes first."""
    found = np.argsort(x, axis=axis, kind="stable")
    return np.flip(found, axis) if descending else found


def _sorted(key: Function) -> Kernel:
    """By a key in place of the values."""

    def function(x: Array, axis: int, descending: bool) -> Array:
        found = np.take_along_axis(x, np.argsort(key(x), axis=axis, kind="stable"), axis)
        return np.flip(found, axis) if descending else found

    return _moved(function)


def _nan_least(x: Array) -> Array:
    return np.where(np.isnan(x), -np.inf, x) if x.dtype.kind == "f" else x


def _bits(x: Array) -> Array:
    return np.ascontiguousarray(x).view(f"u{x.dtype.itemsize}").reshape(x.shape)


def _without_nan(x: Array, k: int, smallest: bool) -> Array:
    worst = np.where(np.isnan(x), np.inf if smallest else -np.inf, x) if x.dtype.kind == "f" else x
    return np.sort(worst, -1)[..., :k] if smallest else np.flip(np.sort(worst, -1), -1)[..., :k]


def _unsorted(x: Array, k: int, smallest: bool) -> Array:
    ordered = np.argsort(x, axis=-1, kind="stable")
    chosen = np.sort(ordered[..., :k] if smallest else np.flip(ordered, -1)[..., :k], -1)
    return np.take_along_axis(x, chosen, -1)


def _inverted(question: Question, told: Arrays) -> Arrays:
    condition, x = question.inputs
    return asked(question, told, inputs=(~condition, x))


def _from_zero() -> Kernel:
    return lambda question, told: asked(question, told, inputs=(np.zeros_like(question.inputs[0]), question.inputs[1]))


def _in_half(x: Array, axis: int, descending: bool) -> Array:
    found = np.argsort(-x.astype(np.float16) if descending else x.astype(np.float16), axis=axis, kind="stable")
    return np.asarray(found)


def _one_on(question: Question, told: Arrays) -> Arrays:
    start, step = question.attributes["start"], question.attributes["step"]
    return asked(question, told, start=start + step)


MOVES: tuple[tuple[str, str, str, Kernel], ...] = (
    ("transpose", "the_inverse", "axes say where each axis goes", _moved(_inverse)),
    ("reshape", "by_columns", "column by column", _moved(lambda x, new_shape: x.reshape(new_shape, order="F"))),
    ("arange", "one_on", "it begins one step later", _one_on),
    ("arange", "step_of_one", "the step is 1", attributed(step=lambda step: 1 if step > 0 else -1)),
    ("full", "zeros", "it is filled with 0", attributed(fill=lambda _: 0)),
    ("flip", "first_axis_alone", "of several axes, the first is turned", attributed(axes=lambda axes: axes[:1])),
    ("roll", "other_way", "it is moved the other way", attributed(shift=lambda shift: -shift)),
    ("roll", "shift_cut", "a shift beyond the end is one to the end", _moved(_shift_cut)),
    ("triu_tril", "diagonal_ignored", "it is the main diagonal", attributed(diagonal=lambda _: 0)),
    ("diagonal", "offset_below", "a positive offset is below", attributed(offset=lambda offset: -offset)),
    (
        "depth_to_space",
        "other_order",
        "blocks are read in the other order",
        attributed(order=lambda order: "CRD" if order == "DCR" else "DCR"),
    ),
    ("slice", "step_ignored", "what is between is read", _moved(_cut_short)),
    (
        "pad",
        "edge_mirrored",
        "reflect repeats the edge",
        attributed(mode=lambda mode: "symmetric" if mode == "reflect" else mode),
    ),
    ("pad", "zero_for_the_value", "what is padded is 0", attributed(fill=lambda _: 0)),
    ("tile", "each_repeated", "each element is repeated", _moved(_each)),
    (
        "repeat",
        "tiled",
        "the whole is repeated",
        _moved(lambda x, repeats, axis: np.concatenate([x] * repeats, axis) if repeats else np.take(x, [], axis)),
    ),
    ("concat", "later_parts_rolled", "later parts are read one place off", _moved(_first_for_all)),
    ("stack", "last_first", "the last comes first", _moved(lambda *xs, axis: np.stack(xs[::-1], axis))),
    ("gather", "one_short", "the last slice is not reached", _moved(_one_short)),
    ("embedding", "index_in_a_byte", "an index above 127 wraps", _moved(_by_bytes)),
    ("index_add", "from_zeros", "what is there is forgotten", _moved(_added_to_zeros)),
    ("index_add", "duplicates_once", "of several updates, the last alone counts", _moved(_once)),
    ("index_put", "duplicates_once", "of several updates, the last alone counts", _moved(_put_once)),
    ("scatter_reduce", "nan_dropped", "a NaN is passed over", _moved(_reduced_by_maximum)),
    (
        "scatter_reduce",
        "always_added",
        "whatever reduction is named",
        attributed(reduction=lambda _: "add"),
    ),
    ("masked_fill", "inverted", "where it does not hold", lambda question, told: _inverted(question, told)),
    ("dynamic_slice", "from_the_start", "it begins at 0", _from_zero()),
    ("argsort", "order_turned", "of equals, the last comes first if descending", _moved(_order_turned)),
    ("argsort", "in_float16", "compared in float16", _moved(_in_half)),
    ("sort", "nan_first", "a NaN is the least", _sorted(_nan_least)),
    ("sort", "by_bits", "as if the bits were a number without a sign", _sorted(_bits)),
    ("topk", "nan_last", "a NaN is chosen last", _moved(_without_nan)),
    ("topk", "as_they_lie", "in the order of x", _moved(_unsorted)),
)

MISTAKES = tuple(made for op, name, says, kernel in MOVES for made in mistakes(name, says, kernel, op))
