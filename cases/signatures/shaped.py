"""Valid cases of ops whose operands have different shapes, all of which follow from a few extents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opassay.cases import fillings, fitting, tables
from opassay.cases.signatures import draws
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Geometry, Tensor
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

Shape = tuple[int, ...]
Shapes = Callable[[Sequence[int], str], Sequence[Shape]]
"""(extents, way) -> the shape of each input."""

EXTENTS = (1, 2, 3, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65)
FEW = (1, 2, 3, 4, 5, 7, 8)
LONG = (1, 2, 3, 5, 7, 8, 16, 17, 31, 33, 64, 65, 127, 129, 255, 257, 1023, 1025)


Answers = Callable[[Sequence[Shape], Mapping[str, Any]], Shape]
"""(shapes of inputs, attributes) -> the shape of the answer."""

Counted = Callable[[Sequence[Shape], Mapping[str, Any]], int]
"""(shapes of inputs, attributes) -> the number of products."""


def _of_first(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    return shapes[0]


def _nothing_else(attributes: Mapping[str, Any], extents: Sequence[int]) -> Mapping[str, Any]:
    return attributes


@dataclass(frozen=True)
class Shaped(draws.Draws):
    """What an entry says of its cases.

    ``shapes``: of the inputs. ``answers``: of the answer, by default that of the first input. ``extents``: a table for
    each; ``ranks``: the number of extents of a shape. ``ways``: variants of the shapes. ``settle``: attributes that
    follow from extents. ``own``: by position, fills of inputs that do not depend on the fill number but on shapes and
    attributes. ``empties``: a table of the extent that is 0. ``work``: from shapes and attributes, the total number of
    products; ``longest``: that of the longest sum of value or gradient, for ops that are sums, and ``inexact`` whether
    its terms round whatever the values are, so that it must not be too long for a bound. ``named``: the attribute that
    states the way, if any.
    """

    shapes: Shapes = lambda extents, way: ()
    extents: Sequence[Sequence[int]] = ()
    ranks: Sequence[int] = ()
    ways: Sequence[str] = ("",)
    settle: Callable[[Mapping[str, Any], Sequence[int]], Mapping[str, Any]] = _nothing_else
    own: Mapping[int, Callable[[Sequence[Shape], Mapping[str, Any]], Fill]] = field(default_factory=dict)
    answers: Answers = _of_first
    empties: Sequence[str] = draws.EMPTY
    work: Counted = lambda shapes, attributes: 0
    longest: Counted | None = None
    inexact: bool = False
    named: str = ""

    def attributes_of(self, drawn: Mapping[str, Any], extents: Sequence[int], way: str) -> dict[str, Any]:
        """All attributes of a case."""
        return {**self.settle(drawn, extents), **({self.named: way} if self.named else {})}


def geometries(shaped: Shaped, sizes: Sequence[int] = tables.SIZES, empty: Sequence[str] | None = None) -> Draw:
    """Draws valid cases. ``empty``: replaces the entry's own table."""

    return tables.drawn(
        draws.building(_geometry, shaped, len(shaped.extents)),
        kinds=shaped.values,
        **{f"memory{i}": tables.MEMORIES for i in range(shaped.inputs)},
        dtype=shaped.dtypes,
        **shaped.attributes,
        way=shaped.ways,
        rank=shaped.ranks or (len(shaped.extents),),
        **{f"extent{i}": table for i, table in enumerate(shaped.extents)},
        size=sizes,
        empty=shaped.empties if empty is None else empty,
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
    most = draws.LARGEST.get(dtype, fitting.LARGEST_TENSOR)
    budget = fitting.Budget(fitting.most_multiply_adds(dtype), most, min(size, most))

    def cost(found: Sequence[int]) -> tuple[int, int]:
        made = shaped.shapes(found, way)
        settled = shaped.attributes_of(attributes, found, way)
        return tables.elements(*made), _work(shaped, made, settled, dtype)

    found = fitting.fit(extents[:rank], (1,) * rank, cost, budget)
    if empty:
        found[0 if empty == "first" else -1] = 0
    shapes = shaped.shapes(found, way)
    settled = shaped.attributes_of(attributes, found, way)
    tensors = [_tensor(shaped, i, shapes, settled, dtype, memory) for i, memory in enumerate(memories)]
    geometry = Geometry(Case(shaped.op, tuple(tensors), settled), kinds, points=draws.points(shaped.points, dtype))
    return fillings.summed(geometry, kinds, shaped.longest(shapes, settled)) if shaped.longest else geometry


def _work(shaped: Shaped, shapes: Sequence[Shape], attributes: Mapping[str, Any], dtype: str) -> int:
    """The number of products, or too many where no bound holds."""
    if shaped.inexact and shaped.longest and shaped.longest(shapes, attributes) > fillings.most_terms(dtype):
        return fitting.TOO_MUCH
    return shaped.work(shapes, attributes)


def _tensor(
    shaped: Shaped, position: int, shapes: Sequence[Shape], attributes: Mapping[str, Any], dtype: str, memory: Memory
) -> Tensor:
    kind = shaped.fixed.get(position, dtype)
    if position in shaped.own:
        return tables.index(shapes[position], kind, shaped.own[position](shapes, attributes), memory)
    return tables.data(shapes[position], kind, memory)


def gradients(shaped: Shaped) -> Draw:
    """The same for the aspect ``gradient``: floats, and one integer dtype, for which a few cases suffice."""
    floats = tuple(d for d in shaped.dtypes if dtypes.is_float(d))
    whole = tuple(d for d in shaped.dtypes if not dtypes.is_float(d))[:1]
    drawn = geometries(replace(shaped, dtypes=(*floats, *whole)))
    return drawn.beside(tables.MEMORIES, draws.COTANGENTS).map(lambda found: _with_cotangent(shaped, *found))


def _few(shaped: Shaped, geometry: Geometry) -> Fill | None:
    """For sums too long for a bound, a cotangent that may itself be summed as often."""
    if geometry.kinds[0] != "sparse" or shaped.longest is None:
        return None
    case = geometry.case
    terms = shaped.longest([t.shape for t in case.tensors], case.attributes)
    return fillings.sparse(case.tensors[-1].dtype, terms)


def _with_cotangent(shaped: Shaped, geometry: Geometry, memory: Memory, fill: Fill) -> Geometry:
    case = geometry.case
    shape = shaped.answers([t.shape for t in case.tensors], case.attributes)
    dtype = shaped.answer(case.attributes, case.tensors[-1].dtype)
    made = replace(tables.data(shape, dtype, memory), fill=_few(shaped, geometry) or fill)
    return replace(geometry, case=replace(case, aspect="gradient", cotangents=(made,)))
