"""Definitions of indices, axes and orders in which frameworks differ, each correct. As in ``choices``.

Every op here has its indices first and the indexed data next; its own entry answers the changed question.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.adapters.oracle.hypotheses.question import References, ask, mapped
from opassay.harness.model import dtypes
from opassay.harness.model.choice import Choice
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference

Change = Callable[[Question], References]


def _option(choice: str, name: str, says: str, change: Change, aspects: Sequence[str] = ("error",)) -> dict[str, Any]:
    def answers(question: Question) -> Iterator[References]:
        yield change(question)

    return {name: Hypothesis(f"{choice}={name}", says, answers, (), tuple(aspects))}


def _extents(question: Question) -> np.ndarray:
    """The range of each index: one number for all, or one for each along the last axis of the indices."""
    a = question.attributes
    if "depth" in a:
        return np.array([a["depth"]])
    if question.op.startswith("dynamic"):
        sizes = a["sizes"] if "sizes" in a else question.inputs[2].shape
        return np.array(question.inputs[1].shape) - sizes + 1
    return np.array([question.inputs[1].shape[axis] for axis in _axes(question)])


def _axes(question: Question) -> Sequence[int]:
    """The axes of the data that the indices address."""
    indices, x = question.inputs[:2]
    if "axis" in question.attributes:
        return (question.attributes["axis"] % x.ndim,)
    return (0,) if question.op == "embedding" else range(indices.shape[-1])


def _with(question: Question, indices: np.ndarray, *others: np.ndarray, **attributes: Any) -> Question:
    given = question.inputs[0]
    rest = (*others, *question.inputs[1 + len(others) :])
    return question.but(inputs=(indices.astype(given.dtype).reshape(given.shape), *rest), **attributes)


def _from_the_end(question: Question) -> References:
    """-1 is the last; lower indices than the extent allows are refused."""
    indices = question.inputs[0]
    return ask(_with(question, np.where(indices < 0, indices + _extents(question), indices)))


def _clamped(question: Question) -> References:
    return ask(_with(question, np.clip(question.inputs[0], 0, _extents(question) - 1)))


def _from_the_end_clamped(question: Question) -> References:
    indices, extents = question.inputs[0], _extents(question)
    room = extents if not question.op.startswith("dynamic") else np.array(question.inputs[1].shape)
    return ask(_with(question, np.clip(np.where(indices < 0, indices + room, indices), 0, extents - 1)))


def _nowhere(question: Question) -> References:
    """An index out of range addresses one extra place: a read gives a filler, a write is dropped."""
    indices, extents = question.inputs[0], _extents(question)
    wrong = (indices < 0) | (indices >= extents)
    if "depth" in question.attributes:
        moved = np.where(wrong, extents, indices)
        place = question.attributes["axis"] % (indices.ndim + 1)
        found = ask(_with(question, moved, depth=question.attributes["depth"] + 1))
        return tuple(_cut(r, (slice(None),) * place + (slice(0, -1),)) for r in found)
    axes = _axes(question)
    if len(axes) > 1:
        wrong = np.broadcast_to(wrong.any(axis=-1, keepdims=True), indices.shape)
    wide = _one_more(question.inputs[1], axes)
    found = ask(_with(question, np.where(wrong, extents, indices), wide))
    if len(question.inputs) < 3:
        return found
    return tuple(_cut(r, tuple(slice(0, n) for n in question.inputs[1].shape)) for r in found)


def _cut(reference: Reference, part: tuple[slice, ...]) -> Reference:
    """A part of an answer and of its bound."""
    found, bound = mapped(reference, lambda v: v[part]), reference.allowed_by
    return found if bound is None else replace(found, allowed_by=lambda model: bound(model)[part])


def _one_more(x: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """One extra place along ``axes``: NaN for floats, the lowest for signed integers, the largest for others."""
    name = dtypes.dtype_name(x)
    pads = [(0, int(i in axes)) for i in range(x.ndim)]
    if dtypes.is_float(name):
        return dtypes.narrow(np.pad(dtypes.widen(x), pads, constant_values=np.nan), name)
    if x.dtype == bool:
        return np.pad(x, pads, constant_values=True)
    info = np.iinfo(x.dtype)
    return np.pad(x, pads, constant_values=info.min or info.max)


def _ones_kept(question: Question) -> References:
    """Axes of another extent stay."""
    x = question.inputs[0]
    axes = tuple(axis for axis in question.attributes["axes"] if x.shape[axis] == 1)
    return ask(question.but(axes=axes))


def _cropped(question: Question) -> References:
    """Negative amounts crop."""
    x, pads = question.inputs[0], question.attributes["pads"]
    cut = tuple(slice(max(0, -a), x.shape[i] - max(0, -b)) for i, (a, b) in enumerate(pads))
    return ask(question.but(inputs=(x[cut],), pads=tuple((max(0, a), max(0, b)) for a, b in pads)))


def _over_again(question: Question) -> References:
    """Mirroring or wrapping repeats as often as needed."""
    return ask(replace(question, allowed=("PadTooWide",)))


def _repeats_before(question: Question) -> References:
    """Missing numbers are those of the first axes, and 1."""
    x, given = question.inputs[0], question.attributes["repeats"]
    return ask(question.but(repeats=(1,) * (x.ndim - len(given)) + tuple(given)))


def _any_of_equals(question: Question) -> References:
    """Any of several equal elements may come first."""
    x = dtypes.widen(question.inputs[0])
    found = ask(question)
    if question.gradient:
        return (replace(found[0], free=_met(x)), *found[1:])
    values = question.op == "sort"
    return tuple(r if values or r.name == "values" else _open_to(r, x, question) for r in found)


def _met(x: np.ndarray) -> np.ndarray:
    """Elements that have an equal along the last axis; no NaN equals another."""
    order = np.argsort(x, axis=-1, kind="stable")
    line = np.take_along_axis(x, order, -1)
    same = (line[..., 1:] == line[..., :-1]) | (np.isnan(line[..., 1:]) & np.isnan(line[..., :-1]))
    edge = [(0, 0)] * (x.ndim - 1)
    met = np.pad(same, [*edge, (1, 0)]) | np.pad(same, [*edge, (0, 1)])
    found = np.zeros(x.shape, bool)
    np.put_along_axis(found, order, met, -1)
    return found


def _open_to(reference: Reference, x: np.ndarray, question: Question) -> Reference:
    axis = question.attributes.get("axis", -1)
    met = np.moveaxis(_met(np.moveaxis(x, axis, -1)), -1, axis)
    return replace(reference, free=np.take_along_axis(met, reference.exact.astype(np.int64), axis))


BEYOND, BELOW = ("IndexOutOfRange",), ("IndexNegative",)

INDEX_CHOICES = (
    Choice(
        "index_beyond",
        "What does an index past the end name?",
        "refuse",
        _option("index_beyond", "last", "the last", _clamped)
        | _option("index_beyond", "nowhere", "nothing: it is not written, and read as no number", _nowhere),
        BEYOND,
    ),
    Choice(
        "index_below",
        "What does a negative index name?",
        "refuse",
        _option("index_below", "from_end", "it counts from the end", _from_the_end)
        | _option(
            "index_below", "from_end_or_first", "it counts from the end, at most to the first", _from_the_end_clamped
        )
        | _option("index_below", "nowhere", "nothing: it is not written, and read as no number", _nowhere),
        BELOW,
    ),
    Choice(
        "long_axis_squeezed",
        "What becomes of an axis that is to go, but is longer than 1?",
        "refuse",
        _option("long_axis_squeezed", "kept", "it stays", _ones_kept),
        ("ExtentNotOne",),
    ),
    Choice(
        "negative_pads",
        "What does a negative amount of padding do?",
        "refuse",
        _option("negative_pads", "crop", "it takes away", _cropped),
        ("PadNegative",),
    ),
    Choice(
        "far_pads",
        "May more be mirrored or wrapped than there is?",
        "refuse",
        _option("far_pads", "over_again", "it goes on from the start", _over_again),
        ("PadTooWide",),
    ),
    Choice(
        "few_repeats",
        "May repeats be given for the last axes alone?",
        "refuse",
        _option("few_repeats", "last_axes", "those before are not repeated", _repeats_before),
        ("RepeatsMissing",),
    ),
)
ORDER_OF_EQUALS = Choice(
    "order_of_equals",
    "Which of equal elements comes first?",
    "the first",
    _option("order_of_equals", "any", "any of them", _any_of_equals, ("value", "gradient")),
)


def index_choices(rules: Collection[str], traits: Collection[str]) -> tuple[Choice, ...]:
    """The choices about ``rules``, or about ops of ``traits``."""
    here = tuple(choice for choice in INDEX_CHOICES if set(rules) & set(choice.rules))
    return (*here, ORDER_OF_EQUALS) if "orders" in traits else here
