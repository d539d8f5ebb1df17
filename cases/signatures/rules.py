"""How the contract of these ops is broken: operands that do not broadcast, and the entry's own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from opassay.cases import tables
from opassay.cases.signatures import draws
from opassay.harness.model.case import Case
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Rule

Shapes = Sequence[Sequence[int]]


@dataclass(frozen=True)
class More:
    """A rule of one op or class: ``holds`` for valid attributes and inputs; ``spoil`` breaks it in a valid case.

    ``dtypes``: a table of those to which it applies, all if empty.
    """

    name: str
    says: str
    holds: Callable[[Mapping[str, Any], Sequence[np.ndarray]], bool]
    spoil: Callable[[Case], Case]
    dtypes: tuple[str, ...] = ()


def broadcastable(shapes: Shapes) -> bool:
    """Whether extents are equal or 1, from the last axis on."""
    try:
        np.broadcast_shapes(*(tuple(shape) for shape in shapes))
    except ValueError:
        return False
    return True


def rules_of(drawn: draws.Draws, more: Sequence[More]) -> tuple[Rule, ...]:
    """The rules of an op: that of its shapes if it has several operands, and its own."""
    made = [Rule(m.name, m.says, _cases(_of(drawn, m.dtypes), m.name, m.spoil)) for m in more]
    if drawn.inputs > 1:
        made.insert(0, Rule("ShapeMismatch", "extents are equal or 1", _cases(drawn, "ShapeMismatch", _longer)))
    return tuple(made)


def _of(drawn: draws.Draws, dtypes: tuple[str, ...]) -> draws.Draws:
    return replace(drawn, dtypes=dtypes) if dtypes else drawn


def _cases(drawn: draws.Draws, name: str, spoil: Callable[[Case], Case]) -> Callable[[], Any]:
    """Small, non-empty valid cases of rank 1 or more, each with one thing wrong."""

    def spoilt(case: Case) -> Case:
        return replace(spoil(case), aspect="error", rule=name)

    def cases() -> Any:
        found = draws.geometries(drawn, tables.AS_DRAWN, tables.NOT_EMPTY, draws.RANKS[:4])
        return found.map(lambda geometry: spoilt(geometry.case))

    return cases


def _longer(case: Case) -> Case:
    """The last axis of the first operand does not broadcast: it is one longer than the others', and not 1."""
    last = draws.broadcasts([t.shape for t in case.tensors])[-1]
    long, short = (max(last, 2) + 1, max(last, 2))
    first, *others = case.tensors
    shapes = [_ending(first.shape, long), *(_ending(t.shape, short) for t in others)]
    tensors = tuple(replace(t, shape=shape) for t, shape in zip(case.tensors, shapes, strict=True))
    return replace(case, tensors=tensors)


def _ending(shape: Sequence[int], extent: int) -> tuple[int, ...]:
    return (*shape[:-1], extent) if shape else (extent,)


def _divides(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> bool:
    return inputs[1].dtype.kind not in "iu" or bool(inputs[1].all())


def _by_zero(case: Case) -> Case:
    return replace(case, tensors=(case.tensors[0], replace(case.tensors[1], fill=Fill("zeros"))))


DIVISOR = More("DivisorZero", "an integer divisor is not 0", _divides, _by_zero, ("int32", "int64", "int8", "uint8"))
