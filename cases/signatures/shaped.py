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

EXTENTS = (1, 2, 3, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65)
LONG = (1, 2, 3, 5, 7, 8, 16, 17, 31, 33, 64, 65, 127, 129, 255, 257, 1023, 1025)


def _nothing_else(attributes: Mapping[str, Any], extents: Sequence[int]) -> Mapping[str, Any]:
    return attributes


@dataclass(frozen=True)
class Shaped(draws.Draws):
    """What an entry says of its cases, whose answers have the shape of the first input.

    ``shapes``: of the inputs. ``extents``: a table for each; ``ranks``: of how many shapes are made. ``ways``: in which
    ways. ``settle``: the attributes where they follow from extents. ``own``: by position, fills of inputs that the fill
    number does not decide.
    """

    shapes: Shapes = lambda extents, way: ()
    extents: Sequence[Sequence[int]] = ()
    ranks: Sequence[int] = ()
    ways: Sequence[str] = ("",)
    settle: Callable[[Mapping[str, Any], Sequence[int]], Mapping[str, Any]] = _nothing_else
    own: Mapping[int, Callable[[Sequence[Shape]], Fill]] = field(default_factory=dict)


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
    budget = tables.Budget(elements=most, wanted=min(size, most))

    def cost(found: Sequence[int]) -> tuple[int, int]:
        return tables.elements(*shaped.shapes(found, way)), 0

    found = tables.fit(extents[:rank], (1,) * rank, cost, budget)
    if empty:
        found[0 if empty == "first" else -1] = 0
    shapes = shaped.shapes(found, way)
    tensors = [_tensor(shaped, i, shapes, dtype, memory) for i, memory in enumerate(memories)]
    case = Case(shaped.op, tuple(tensors), shaped.settle(attributes, found))
    return Geometry(case, kinds, points=draws.points(shaped.points, dtype))


def _tensor(shaped: Shaped, position: int, shapes: Sequence[Shape], dtype: str, memory: Memory) -> Any:
    if position in shaped.own:
        return tables.index(shapes[position], dtype, shaped.own[position](shapes), memory)
    return tables.data(shapes[position], dtype, memory)


def gradients(shaped: Shaped) -> Draw:
    """The same of the aspect ``gradient``."""
    drawn = geometries(shaped)
    return drawn.beside(tables.MEMORIES, draws.COTANGENTS).map(lambda found: _with_cotangent(*found))


def _with_cotangent(geometry: Geometry, memory: Memory, fill: Fill) -> Geometry:
    case = geometry.case
    first = case.tensors[0]
    made = replace(tables.data(first.shape, first.dtype, memory), fill=fill)
    return replace(geometry, case=replace(case, aspect="gradient", cotangents=(made,)))
