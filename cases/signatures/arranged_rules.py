"""How the contract of ops that move, pick and sort elements is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.cases.signatures.rules import More
from opassay.harness.model.case import Case
from opassay.harness.model.fills import Fill

Inputs = Sequence[np.ndarray]
Holds = Callable[[Mapping[str, Any], Inputs], bool]


def but(case: Case, **attributes: Any) -> Case:
    """The case with other attributes."""
    return replace(case, attributes={**case.attributes, **attributes})


def first_of(values: Sequence[Any], value: Any) -> tuple[Any, ...]:
    """The same but for the first."""
    return (value, *values[1:])


def longer(case: Case, position: int, axis: int, by: int = 1) -> Case:
    """An axis of an input is longer, by enough to be neither 1 nor equal to others."""
    given = case.tensors[position]
    shape = list(given.shape)
    shape[axis] += by + (shape[axis] + by == 1)
    return given_as(case, position, replace(given, shape=tuple(shape)))


def shaped_as(case: Case, position: int, shape: tuple[int, ...]) -> Case:
    """An input has another shape."""
    return given_as(case, position, replace(case.tensors[position], shape=shape))


def twice(case: Case, axis: int) -> Case:
    """The first input passed twice, the second time longer by one along an axis, or with one more axis."""
    first = case.tensors[0]
    shape = list(first.shape) if len(first.shape) > axis else [*first.shape, *[1] * (axis + 1 - len(first.shape))]
    shape[axis] += 1
    return replace(case, tensors=(first, replace(first, shape=tuple(shape))))


def given_as(case: Case, position: int, tensor: Any) -> Case:
    """The case with another tensor."""
    place = position % len(case.tensors)
    return replace(case, tensors=tuple(tensor if i == place else t for i, t in enumerate(case.tensors)))


def one_axis(new: int = 0) -> tuple[More, More]:
    """``axis`` lies within the rank of the last input, plus so many."""

    def holds(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
        rank = inputs[-1].ndim + new
        return bool(-rank <= attributes["axis"] < rank)

    def outside(case: Case, below: bool) -> Case:
        rank = len(case.tensors[-1].shape) + new
        return but(case, axis=-rank - 1 if below else rank)

    return (
        More("AxisTooLarge", "an axis is less than the rank", holds, lambda case: outside(case, False)),
        More("AxisTooSmall", "an axis from the end is at least -rank", holds, lambda case: outside(case, True)),
    )


def _distinct(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
    rank = max(inputs[-1].ndim, 1)
    return len({axis % rank for axis in attributes["axes"]}) == len(attributes["axes"])


def _within(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
    rank = inputs[-1].ndim
    return all(-rank <= axis < rank for axis in attributes["axes"])


def _twice(case: Case) -> Case:
    given = case.attributes["axes"]
    return but(case, axes=(*given[:-1], given[0]) if len(given) > 1 else (*given, *given))


SEVERAL_AXES = (
    More(
        "AxisTooLarge",
        "each axis lies within the rank",
        _within,
        lambda case: but(case, axes=first_of(case.attributes["axes"], len(case.tensors[-1].shape))),
    ),
    More("AxisRepeated", "each axis is given once", _distinct, _twice),
)


def within(extents: Callable[[Mapping[str, Any], Inputs], Sequence[int]]) -> tuple[More, More]:
    """Indices, the first input, lie within ``extents``: one for all, or one for each along the last axis."""

    def small(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
        return bool((inputs[0] < np.asarray(extents(attributes, inputs))).all())

    def natural(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
        return bool((inputs[0] >= 0).all())

    return (
        More("IndexOutOfRange", "an index is less than the extent", small, lambda case: _all_at(case, extents, False)),
        More("IndexNegative", "an index is at least 0", natural, lambda case: _all_at(case, extents, True)),
    )


def _all_at(case: Case, extents: Callable[[Mapping[str, Any], Inputs], Sequence[int]], below: bool) -> Case:
    """The first index is the next one out of range at either end; the others stay."""
    indices = case.tensors[0]
    most = int(np.asarray(extents(case.attributes, case.inputs())).ravel()[0])
    values = indices.materialize().ravel()
    values[0] = -1 if below else most
    return given_as(case, 0, replace(indices, fill=Fill("literal", values=tuple(values.tolist()))))
