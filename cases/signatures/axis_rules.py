"""How the contract of ops along axes is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.cases import tables
from opassay.cases.signatures import axes
from opassay.cases.signatures.rules import More
from opassay.harness.model.case import Case
from opassay.harness.model.draw import Draw
from opassay.harness.model.op import Rule

Inputs = Sequence[np.ndarray]


def rules_of(along: axes.Along, more: Sequence[More]) -> tuple[Rule, ...]:
    """The rules, each with small, non-empty valid cases of rank 1 or more, in which one thing is wrong."""
    return tuple(Rule(m.name, m.says, _cases(along, m)) for m in more)


def _cases(along: axes.Along, more: More) -> Callable[[], Draw]:
    def spoilt(case: Case) -> Case:
        return replace(more.spoil(case), aspect="error", rule=more.name)

    def cases() -> Draw:
        found = axes.geometries(along, tables.AS_DRAWN, tables.NOT_EMPTY, axes.RANKS[1:5], tables.AS_DRAWN)
        return found.map(lambda geometry: spoilt(geometry.case))

    return cases


def _with(case: Case, **attributes: Any) -> Case:
    return replace(case, attributes={**case.attributes, **attributes})


def _given(attributes: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(attributes["axes"]) if "axes" in attributes else (attributes["axis"],)


def _inside(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
    rank = inputs[0].ndim
    return all(-rank <= axis < rank for axis in _given(attributes))


def _different(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
    given = [axis % max(inputs[0].ndim, 1) for axis in _given(attributes)]
    return len(set(given)) == len(given)


def _some(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
    return bool(attributes["axes"]) or not inputs[0].ndim


def _filled(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
    shape = inputs[0].shape
    return all(shape[axis] for axis in _given(attributes))


def _outside(case: Case, below: bool) -> Case:
    """The first axis is out of range by one, at either end."""
    rank = len(case.tensors[0].shape)
    wrong = -rank - 1 if below else rank
    if "axes" in case.attributes:
        return _with(case, axes=(wrong, *case.attributes["axes"][1:]))
    return _with(case, axis=wrong)


def _again(case: Case) -> Case:
    """The first axis twice, the second time as a negative number."""
    rank, (first, *_) = len(case.tensors[0].shape), case.attributes["axes"]
    return _with(case, axes=(first, first - rank if first >= 0 else first + rank))


def _nothing(case: Case) -> Case:
    x = case.tensors[0]
    over = {axis % len(x.shape) for axis in _given(case.attributes)}
    shape = tuple(0 if axis in over else n for axis, n in enumerate(x.shape))
    return replace(case, tensors=(replace(x, shape=shape),))


SINGLE = (
    More("AxisTooLarge", "an axis is less than the rank", _inside, lambda case: _outside(case, False)),
    More("AxisTooSmall", "an axis from the end is at least -rank", _inside, lambda case: _outside(case, True)),
)
MANY = (
    *SINGLE,
    More("AxisRepeated", "each axis is given once", _different, _again),
    More("NoAxes", "there is an axis, but of a scalar", _some, lambda case: _with(case, axes=())),
)
FILLED = More("NothingReduced", "there is an element along the axes", _filled, _nothing)
