"""How a rule of the contract is broken: a valid case, and the same case with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opassay.cases import tables
from opassay.cases.spatial import AXES as AXIS_NAMES
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.op import Rule

Pair = tuple[Case, Case]
"""(valid, broken)."""

AXES = (0, 1)
"""Height and width: where a rule holds for each axis, the axis that breaks it is drawn."""

NAMES = AXIS_NAMES[-2:]

HUGE = (2**31, 2**40, 2**62)
"""Extents beyond 32 bits, beyond any memory, and next to the limit of 64 bits."""

BEYOND = (2**31, 2**40, 2**62)
"""The same for extents of which an answer has two: none of these can be allocated."""


@dataclass(frozen=True)
class Breach:
    """One way to break the contract. ``pairs`` draws valid cases, each with its invalid counterpart."""

    name: str
    says: str
    pairs: Callable[[], Draw]

    @property
    def rule(self) -> Rule:
        return Rule(self.name, self.says, lambda: self.pairs().map(self._broken))

    def _broken(self, pair: Pair) -> Case:
        return replace(pair[1], aspect="error", rule=self.name)


def breach(
    name: str,
    says: str,
    valid: Callable[[], Draw],
    spoil: Callable[[Case, Any], Case],
    choices: Sequence[Any] = AXES,
    prepare: Callable[[Case, Any], Case] = lambda case, choice: case,
) -> Breach:
    """A breach that changes each valid case by ``choices``; ``prepare`` first moves it next to the limit."""

    def pair(case: Case, choice: Any) -> Pair:
        near = prepare(case, choice)
        return near, spoil(near, choice)

    def pairs() -> Draw:
        return valid().map(_case).beside(choices).map(lambda drawn: pair(*drawn))

    return Breach(name, says, pairs)


def _case(valid: Case | Geometry) -> Case:
    return valid.case if isinstance(valid, Geometry) else valid


def negative(name: str, valid: Callable[[], Draw], axes: Sequence[int] = AXES) -> Breach:
    """An entry of the per-axis attribute ``name`` is negative."""
    title = f"{name.capitalize()}Negative"
    return breach(title, f"{name} is at least 1", valid, lambda case, axis: with_entry(case, name, axis, -1), axes)


def zero(name: str, valid: Callable[[], Draw], axes: Sequence[int] = AXES) -> Breach:
    """An entry of the per-axis attribute ``name`` is 0."""
    title = f"{name.capitalize()}Zero"
    return breach(title, f"{name} is at least 1", valid, lambda case, axis: with_entry(case, name, axis, 0), axes)


def unknown_padding(valid: Callable[[], Draw]) -> Breach:
    """``valid`` draws cases whose padding is a word."""
    says = "padding is 'SAME', 'VALID' or ((top, bottom), (left, right))"
    return breach("PadUnknown", says, valid, lambda case, word: with_attributes(case, padding=word), ("FULL", "same"))


def rank_three(valid: Callable[[], Draw], tensor: int = 0, name: str = "RankThree") -> Breach:
    """A tensor has lost its first axis; with two spatial axes, its rank is then 3."""
    what = "x" if tensor == 0 else "the filter"
    says = f"{what} has two axes more than there are spatial ones"
    return breach(name, says, valid, lambda case, _: with_shape(case, tensor, case.tensors[tensor].shape[1:]))


def two_dtypes(valid: Callable[[], Draw]) -> Breach:
    """The second operand has another dtype than the first."""
    return breach("DtypeMismatch", "operands have one dtype", valid, lambda case, _: _other_dtype(case), (0,))


def _other_dtype(case: Case) -> Case:
    changed = "float64" if case.tensors[0].dtype == "float32" else "float32"
    return replace(case, tensors=put(case.tensors, 1, replace(case.tensors[1], dtype=changed)))


def below(axes: Sequence[int]) -> tuple[tuple[int, tuple[int, int], int], ...]:
    """An axis, its sides, and how far below 0 they are: one row (-1), the whole extent, or one row more."""
    return tuple((axis, sides, whole) for axis in axes for whole in (-1, 0, 1) for sides in ((0, 1), (1, 0), (1, 1)))


def negative_pad(unpadded: Callable[[], Draw], axes: Sequence[int] = AXES) -> Breach:
    """``unpadded`` draws cases with VALID padding, which get two rows more than their window needs."""

    def roomy(case: Case, choice: Any) -> Case:
        axis, extent = choice[0], extent_on(case, choice[0])
        return with_extents(
            with_attributes(case, padding=pads_on(case, axis, 0, 0)), 0, **{name_of(case, axis): extent + 2}
        )

    def spoil(case: Case, choice: Any) -> Case:
        return with_attributes(case, padding=pads_on(case, choice[0], *cropping(choice, extent_on(case, choice[0]))))

    return breach("PadNegative", "explicit padding is at least 0", unpadded, spoil, below(axes), roomy)


def cropping(choice: tuple[int, tuple[int, int], int], extent: int) -> tuple[int, int]:
    """Negative (before, after), as drawn by ``below``, for an axis of ``extent``."""
    _, (before, after), whole = choice
    amount = 1 if whole < 0 else extent + whole
    return -before * amount, -after * amount


def extent_on(case: Case, axis: int) -> int:
    """The extent of the first tensor along a spatial axis."""
    return tables.extents_of(case.tensors[0].shape, case.attributes["layout"])[1 + axis]


def name_of(case: Case, axis: int) -> str:
    """The name of a spatial axis."""
    return spatial_names(case.attributes["layout"])[axis]


def spatial_names(layout: str) -> tuple[str, ...]:
    """The names of the spatial axes of a layout."""
    return AXIS_NAMES[2 - len(layout) :]


def too_much_padding(
    unpadded: Callable[[], Draw], spans: Callable[[Case, int], int], axes: Sequence[int] = AXES
) -> tuple[Breach, ...]:
    """Padding as large as the effective window (``spans``, by case and axis), and padding beyond any memory."""
    says = "explicit padding is smaller than the effective window"

    def padded(case: Case, choice: tuple[int, int], pad: int) -> Case:
        axis, side = choice
        return with_attributes(case, padding=pads_on(case, axis, *((pad, 0) if side == 0 else (0, pad))))

    def fitting(case: Case, choice: tuple[int, int]) -> Case:
        return padded(case, choice, spans(case, choice[0]) - 1)

    sides = tuple((axis, side) for axis in axes for side in (0, 1))
    huge = tuple((side, extent) for side in sides for extent in HUGE)
    return (
        breach(
            "PadNotSmallerThanWindow",
            says,
            unpadded,
            lambda c, side: padded(c, side, spans(c, side[0])),
            sides,
            fitting,
        ),
        breach("PadOverflow", says, unpadded, lambda c, at: padded(c, *at), huge, lambda c, at: fitting(c, at[0])),
    )


def with_attributes(case: Case, **changes: Any) -> Case:
    return replace(case, attributes={**case.attributes, **changes})


def with_entry(case: Case, name: str, position: int, value: Any) -> Case:
    """The case with one entry of a tuple attribute replaced."""
    return with_attributes(case, **{name: put(case.attributes[name], position, value)})


def with_shape(case: Case, tensor: int, shape: Sequence[int]) -> Case:
    changed = replace(case.tensors[tensor], shape=tuple(shape))
    return replace(case, tensors=put(case.tensors, tensor, changed))


def with_extents(case: Case, tensor: int, **changes: int) -> Case:
    """The case with the batch, a spatial extent or the channels of an image tensor replaced."""
    layout = case.attributes["layout"]
    return with_shape(case, tensor, image_with(case.tensors[tensor].shape, layout, **changes))


def image_with(shape: Sequence[int], layout: str, **changes: int) -> tuple[int, ...]:
    """The shape with the named extents replaced."""
    return tables.laid_out(list({**named_extents(shape, layout), **changes}.values()), layout)


def named_extents(shape: Sequence[int], layout: str) -> dict[str, int]:
    """The batch, each spatial extent and the channels by name."""
    names = ("batch", *spatial_names(layout), "channels")
    return dict(zip(names, tables.extents_of(shape, layout), strict=True))


def put(values: Sequence[Any], position: int, value: Any) -> tuple[Any, ...]:
    """``values`` with the one at ``position`` replaced."""
    return (*values[:position], value, *values[position + 1 :])


def pads_on(case: Case, axis: int, before: int, after: int) -> tuple[tuple[int, int], ...]:
    """Explicit padding of one axis and none of the others."""
    return put(((0, 0),) * (len(case.attributes["layout"]) - 2), axis, (before, after))
