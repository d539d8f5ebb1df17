"""Valid cases of ops that move, pick and sort elements: attributes and other operands follow from a shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opassay.cases import fillings, fitting, tables
from opassay.cases.signatures import draws, kinds
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Geometry, Tensor
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import WHOLE, Fill
from opassay.harness.model.memory import Memory

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Index:
    """A tensor whose values are part of the geometry: indices, int32 or int64, or a mask."""

    shape: Shape
    fill: Fill


Operand = Shape | Index
Call = tuple[dict[str, Any], Sequence[Operand]]
Settle = Callable[[Shape, Any], Call]
"""(shape, way) -> attributes, and the inputs: shapes of data, and indices."""

Answers = Callable[[Mapping[str, Any], Sequence[Shape]], Sequence[Shape]]
"""(attributes, shapes of the inputs) -> the shape of each output."""

INDICES = ("indices", "starts")
"""Names of inputs with an integer dtype of their own."""

RANKS = (2, 3, 1, 4, 2, 3, 5)
MOVED = fillings.MOVE_KINDS


SMALL = (2, 3, 4)
"""Extents of cases that break a rule, small enough for literal indices up to rank 3."""


def positions(shape: Shape, *limits: int) -> Index:
    """Indices within one limit, or within one limit each along the last axis."""
    return Index(shape, Fill("positions", limits=limits))


def distinct(shape: Shape, limit: int, axis: int) -> Index:
    """Indices within a limit, distinct along ``axis`` unless there are too many."""
    return Index(shape, Fill("places", limits=(limit, axis)))


def counted(shape: Shape, times: int) -> Index:
    """A mask with so many true elements."""
    return Index(shape, Fill("counted", limits=(times,)))


@dataclass(frozen=True)
class Arranged(draws.Draws):
    """What an entry says of its cases: what follows from a shape of one of ``ranks`` and a way, an entry of a table.

    ``answers`` may state larger extents than the real ones, where these depend on values; ``sized`` computes them from
    the inputs' values, for an op that has a gradient. ``share``: of 256 values of a ``sparse`` fill, how many are not
    0.
    """

    settle: Settle = lambda shape, way: ({}, (shape,))
    answers: Answers = lambda attributes, shapes: shapes[-1:]
    ways: Sequence[Any] = ("",)
    ranks: Sequence[int] = RANKS
    sized: Callable[[Sequence[Tensor]], Sequence[Shape]] | None = None
    share: int = WHOLE

    def answered(self, case: Case) -> Sequence[Shape]:
        """The shape of each output."""
        if self.sized is not None:
            return self.sized(case.tensors)
        return self.answers(case.attributes, [t.shape for t in case.tensors])


def geometries(
    arranged: Arranged,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = draws.EMPTY,
    extents: Sequence[int] = draws.EXTENTS,
) -> Draw:
    """Draws valid cases."""
    return tables.drawn(
        draws.building(_geometry, arranged, max(arranged.ranks)),
        kinds=arranged.values,
        whole=arranged.whole_values,
        **{f"memory{i}": tables.MEMORIES for i in range(arranged.inputs)},
        dtype=arranged.dtypes,
        index=("int32", "int64"),
        **arranged.attributes,
        way=arranged.ways,
        rank=arranged.ranks,
        **{f"extent{i}": extents for i in range(max(arranged.ranks))},
        size=sizes,
        empty=empty,
    )


def _geometry(
    arranged: Arranged,
    attributes: Mapping[str, Any],
    memories: Sequence[Memory],
    extents: Sequence[int],
    *,
    kinds: tuple[str, ...],
    whole: tuple[str, ...],
    dtype: str,
    index: str,
    way: Any,
    rank: int,
    size: int,
    empty: str,
) -> Geometry:
    most = draws.LARGEST.get(dtype, fitting.LARGEST_TENSOR)
    budget = fitting.Budget(elements=most, wanted=max(-most, min(size, most)))

    def cost(found: Sequence[int]) -> tuple[int, int]:
        own, operands = arranged.settle(tuple(found), way)
        shapes = [shape_of(operand) for operand in operands]
        return tables.elements(*shapes, *arranged.answers({**attributes, **own}, shapes)), 0

    shape = fitting.fit(extents[:rank], (1,) * rank, cost, budget)
    if empty and rank:
        shape[0 if empty == "first" else -1] = 0
    own, operands = arranged.settle(tuple(shape), way)
    tensors = [
        _tensor(arranged, i, *each, dtype, index) for i, each in enumerate(zip(operands, memories, strict=False))
    ]
    case = Case(arranged.op, tuple(tensors), {**attributes, **own})
    chosen = kinds if dtypes.is_float(dtype) else whole
    return Geometry(case, chosen, arranged.share, draws.points(arranged.points, dtype))


def shape_of(operand: Operand) -> Shape:
    return operand.shape if isinstance(operand, Index) else operand


def _tensor(arranged: Arranged, position: int, operand: Operand, memory: Memory, dtype: str, index: str) -> Tensor:
    if isinstance(operand, Index):
        return tables.index(operand.shape, arranged.fixed.get(position, index), operand.fill, memory)
    return tables.data(operand, arranged.fixed.get(position, dtype), memory)


def gradients(arranged: Arranged) -> Draw:
    """The same for the aspect ``gradient``, with a cotangent for the first output."""
    floats = tuple(d for d in arranged.dtypes if dtypes.is_float(d))
    whole = tuple(d for d in arranged.dtypes if not dtypes.is_float(d))[:1]
    drawn = geometries(replace(arranged, dtypes=(*floats, *whole)))
    return drawn.beside(tables.MEMORIES, draws.COTANGENTS).map(lambda found: _with_cotangent(arranged, *found))


def _with_cotangent(arranged: Arranged, geometry: Geometry, memory: Memory, fill: Fill) -> Geometry:
    case = geometry.case
    first, *others = arranged.answered(case)
    made = replace(tables.data(first, case.tensors[-1].dtype, memory), fill=fill)
    cotangents = (made if dtypes.is_float(made.dtype) else None, *(None for _ in others))
    return replace(geometry, case=replace(case, aspect="gradient", cotangents=cotangents))


SORTED = kinds.pairs(("ties", "iota", "normal", "ints"), ("special", "normal", "bits", "masked"))
"""Values to sort: equal ones, zeros of both signs, NaN and infinities."""
