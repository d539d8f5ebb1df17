"""Valid cases of ops whose operands have shapes of their own, all of which follow from a few extents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opassay.cases import tables
from opassay.cases.signatures import draws
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

Shape = tuple[int, ...]
Shapes = Callable[[Sequence[int], str], Sequence[Shape]]
"""(extents, way) -> the shape of each input."""

Answer = Callable[[Mapping[str, Any], Sequence[Shape]], Shape]
"""(attributes, shapes of the inputs) -> that of the answer."""

EXTENTS = (1, 2, 3, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65)
LONG = (1, 2, 3, 5, 7, 8, 16, 17, 31, 33, 64, 65, 127, 129, 255, 257, 1023, 1025)


def _as_first(attributes: Mapping[str, Any], shapes: Sequence[Shape]) -> Shape:
    return shapes[0]


def _nothing_else(attributes: Mapping[str, Any], extents: Sequence[int]) -> Mapping[str, Any]:
    return attributes


@dataclass(frozen=True)
class Shaped(draws.Draws):
    """What an entry says of its cases.

    ``shapes``: of the inputs, ``shape``: of the answer. ``extents``: a table for each; ``ranks``: of how many shapes
    are made. ``ways``: in which ways. ``settle``: the attributes where they follow from extents. ``work``: how many
    multiply-adds shapes cost. ``own``: by position, fills of inputs that the fill number does not decide. ``terms``:
    how many products of ``operands`` factors the longest sum adds up; 0 operands where sums are judged as they are.
    """

    shapes: Shapes = lambda extents, way: ()
    shape: Answer = _as_first
    extents: Sequence[Sequence[int]] = ()
    ranks: Sequence[int] = ()
    ways: Sequence[str] = ("",)
    settle: Callable[[Mapping[str, Any], Sequence[int]], Mapping[str, Any]] = _nothing_else
    work: Callable[[Sequence[Shape]], int] = lambda shapes: 0
    own: Mapping[int, Callable[[Sequence[Shape]], Fill]] = field(default_factory=dict)
    terms: Callable[[Sequence[Shape]], int] = lambda shapes: 1
    operands: int = 0


def geometries(shaped: Shaped, sizes: Sequence[int] = tables.SIZES, empty: Sequence[str] = draws.EMPTY) -> Draw:
    """A draw of valid cases."""

    def build(**drawn: Any) -> Geometry:
        memories = [drawn.pop(f"memory{i}") for i in range(shaped.inputs)]
        extents = [drawn.pop(f"extent{i}") for i in range(len(shaped.extents))]
        attributes = {name: drawn.pop(name) for name in shaped.attributes}
        return _geometry(shaped, attributes, memories, extents, **drawn)

    return tables.drawn(
        build,
        kinds=shaped.values,
        **{f"memory{i}": tables.MEMORIES for i in range(shaped.inputs)},
        dtype=shaped.dtypes,
        **shaped.attributes,
        way=shaped.ways,
        rank=shaped.ranks or (len(shaped.extents),),
        **{f"extent{i}": table for i, table in enumerate(shaped.extents)},
        size=sizes,
        empty=empty,
    )


def _geometry(
    shaped: Shaped,
    attributes: Mapping[str, Any],
    memories: Sequence[Memory],
    extents: Sequence[int],
    *,
    kinds: tuple[str, ...],
    dtype: str,
    way: str,
    rank: int,
    size: int,
    empty: str,
) -> Geometry:
    most = draws.LARGEST.get(dtype, tables.LARGEST_TENSOR)
    budget = tables.Budget(tables.most_multiply_adds(dtype), most, min(size, most))

    def cost(found: Sequence[int]) -> tuple[int, int]:
        shapes = shaped.shapes(found, way)
        return tables.elements(*shapes), shaped.work(shapes)

    found = tables.fit(extents[:rank], (1,) * rank, cost, budget)
    if empty:
        found[0 if empty == "first" else -1] = 0
    shapes = shaped.shapes(found, way)
    tensors = [_tensor(shaped, i, shapes, dtype, memory) for i, memory in enumerate(memories)]
    case = Case(shaped.op, tuple(tensors), shaped.settle(attributes, found))
    made = Geometry(case, kinds, points=draws.points(shaped.points, dtype))
    return tables.summed(made, kinds, shaped.terms(shapes), shaped.operands) if shaped.operands else made


def _tensor(shaped: Shaped, position: int, shapes: Sequence[Shape], dtype: str, memory: Memory) -> Any:
    kind = shaped.fixed.get(position, dtype)
    if position in shaped.own:
        return tables.index(shapes[position], kind, shaped.own[position](shapes), memory)
    return tables.data(shapes[position], kind, memory)


def gradients(shaped: Shaped) -> Draw:
    """The same of the aspect ``gradient``."""
    drawn = geometries(shaped)
    return drawn.beside(tables.MEMORIES, draws.COTANGENTS).map(lambda found: _with_cotangent(shaped, *found))


def _with_cotangent(shaped: Shaped, geometry: Geometry, memory: Memory, fill: Fill) -> Geometry:
    case = geometry.case
    shape = shaped.shape(case.attributes, [t.shape for t in case.tensors])
    made = tables.data(shape, case.tensors[0].dtype, memory)
    # Sums that are exact where the first fill is need cotangents of that fill.
    made = made if shaped.operands else replace(made, fill=fill)
    return replace(geometry, case=replace(case, aspect="gradient", cotangents=(made,)))
