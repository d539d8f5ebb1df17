"""How a rule of the contract is broken: a valid case, and the same case with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from cases import tables
from harness.model.case import Case, Geometry
from harness.model.op import Rule

Pair = tuple[Case, Case]
"""(valid, broken)."""

AXES = (0, 1)
"""Height and width: where a rule holds for both, which of them is broken is drawn."""

NAMES = ("height", "width")


@dataclass(frozen=True)
class Breach:
    """One way to break the contract. ``pairs`` makes a strategy of valid cases, each with its broken sibling."""

    name: str
    says: str
    pairs: Callable[[], st.SearchStrategy[Pair]]

    @property
    def rule(self) -> Rule:
        return Rule(self.name, self.says, lambda: self.pairs().map(self._broken))

    def _broken(self, pair: Pair) -> Case:
        return replace(pair[1], aspect="error", rule=self.name)


def breach(
    name: str,
    says: str,
    valid: Callable[[], st.SearchStrategy[Any]],
    spoil: Callable[[Case, Any], Case],
    choices: Sequence[Any] = AXES,
    prepare: Callable[[Case, Any], Case] = lambda case, choice: case,
) -> Breach:
    """A breach that changes each valid case as ``choices`` say; ``prepare`` first moves it next to the limit."""

    def pair(case: Case, choice: Any) -> Pair:
        near = prepare(case, choice)
        return near, spoil(near, choice)

    def pairs() -> st.SearchStrategy[Pair]:
        return st.tuples(valid().map(_case), st.sampled_from(choices)).map(lambda drawn: pair(*drawn))

    return Breach(name, says, pairs)


def _case(valid: Case | Geometry) -> Case:
    return valid.case if isinstance(valid, Geometry) else valid


def with_attributes(case: Case, **changes: Any) -> Case:
    return replace(case, attributes={**case.attributes, **changes})


def with_entry(case: Case, name: str, position: int, value: Any) -> Case:
    """The case with one entry of a tuple attribute replaced."""
    return with_attributes(case, **{name: put(case.attributes[name], position, value)})


def with_shape(case: Case, tensor: int, shape: Sequence[int]) -> Case:
    changed = replace(case.tensors[tensor], shape=tuple(shape))
    return replace(case, tensors=put(case.tensors, tensor, changed))


def with_extents(case: Case, tensor: int, **changes: int) -> Case:
    """The case with the batch, height, width or channels of an image tensor replaced."""
    layout = case.attributes["layout"]
    return with_shape(case, tensor, image_with(case.tensors[tensor].shape, layout, **changes))


def image_with(shape: Sequence[int], layout: str, **changes: int) -> tuple[int, int, int, int]:
    """The shape with the named extents replaced."""
    names = ("batch", "height", "width", "channels")
    named = {**dict(zip(names, tables.extents_of(shape, layout), strict=True)), **changes}
    return tables.image(named["batch"], named["height"], named["width"], named["channels"], layout)


def named_extents(shape: Sequence[int], layout: str) -> dict[str, int]:
    """Batch, height, width and channels by name."""
    return dict(zip(("batch", "height", "width", "channels"), tables.extents_of(shape, layout), strict=True))


def put(values: Sequence[Any], position: int, value: Any) -> tuple[Any, ...]:
    """``values`` with the one at ``position`` replaced."""
    return (*values[:position], value, *values[position + 1 :])


def pads_on(axis: int, before: int, after: int) -> tuple[tuple[int, int], ...]:
    """Explicit padding of one axis and none of the other."""
    return put(((0, 0), (0, 0)), axis, (before, after))
