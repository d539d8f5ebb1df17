"""Valid cases of ops along axes: which axes, their extents, and their memory layout."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from opassay.cases import fillings, fitting, tables
from opassay.cases.signatures import draws
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

Which = Mapping[str, Callable[[int], tuple[int, ...]]]

SEVERAL: Which = {
    "last": lambda rank: (rank - 1,),
    "first": lambda rank: (0,),
    "all": lambda rank: tuple(range(rank)),
    "last, from the end": lambda rank: (-1,),
    "middle": lambda rank: (rank // 2,),
    "last two": lambda rank: tuple(range(max(rank - 2, 0), rank)),
    "all but the first, from the end": lambda rank: tuple(range(-max(rank - 1, 1), 0)),
    "first and last": lambda rank: (0, rank - 1) if rank > 1 else (0,),
    "the later half, backwards": lambda rank: tuple(range(rank - 1, rank // 2 - 1, -1)),
}
"""Axes by name, of a rank; a scalar has none."""

ONE = ("last", "first", "last, from the end", "middle", "middle, from the end")
"""Those of ops that take a single axis."""

RANKS = (1, 2, 2, 3, 3, 4, 4, 5, 0)
LONG = (0,) * 24 + (127, 129, 255, 257, 511, 513, 1023, 1025, 4096, 4097, 8193, 65_537)
"""Further extents of a reduced axis, 0 for none: both sides of powers of two, and far beyond."""


@dataclass(frozen=True)
class Along(draws.Draws):
    """What an entry says of its cases.

    ``several``: whether it takes any number of axes, as ``axes``, or one, as ``axis``. ``keepdims``: whether it has
    that attribute; an op without it answers in its input's shape. ``filled``: whether the axes must not be empty.
    ``longest``: the longest axis allowed. ``operands``: factors of each term of its sum, 0 if it has no sum.
    """

    several: bool = True
    keepdims: bool = True
    filled: bool = False
    longest: int = LONG[-1]
    operands: int = 0

    def axes(self, attributes: Mapping[str, Any], rank: int) -> tuple[int, ...]:
        """The axes of the op as non-negative numbers."""
        given = attributes["axes"] if self.several else (attributes["axis"],)
        return tuple(axis % rank for axis in given)

    def shape(self, attributes: Mapping[str, Any], shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of the answer."""
        if not self.keepdims:
            return tuple(shape)
        over = self.axes(attributes, len(shape))
        kept = attributes["keepdims"]
        return tuple(1 if axis in over else n for axis, n in enumerate(shape) if kept or axis not in over)


def geometries(
    along: Along,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = draws.EMPTY,
    ranks: Sequence[int] = RANKS,
    long: Sequence[int] = LONG,
) -> Draw:
    """Draws valid cases."""

    def build(**drawn: Any) -> Geometry:
        extents = [drawn.pop(f"extent{i}") for i in range(max(RANKS))]
        own = {name: drawn.pop(name) for name in along.attributes}
        if along.keepdims:
            own["keepdims"] = drawn.pop("keepdims")
        return _geometry(along, own, extents, **drawn)

    return tables.drawn(
        build,
        kinds=along.values,
        whole=along.whole_values,
        memory=tables.MEMORIES,
        dtype=along.dtypes,
        **along.attributes,
        **({"keepdims": (False, True)} if along.keepdims else {}),
        which=tuple(SEVERAL) if along.several else ONE,
        rank=ranks if along.several else [rank for rank in ranks if rank],
        long=[n for n in long if n <= along.longest],
        **{f"extent{i}": draws.EXTENTS for i in range(max(RANKS))},
        size=sizes,
        empty=empty,
    )


def _geometry(
    along: Along,
    attributes: dict[str, Any],
    extents: Sequence[int],
    *,
    kinds: tuple[str, ...],
    whole: tuple[str, ...],
    memory: Memory,
    dtype: str,
    which: str,
    rank: int,
    long: int,
    size: int,
    empty: str,
) -> Geometry:
    attributes |= _named(along, which, rank)
    over = along.axes(attributes, rank)
    shape = _shape(extents[:rank], over, long, dtype, size)
    if empty and (place := _to_empty(along, over, rank, empty)) is not None:
        shape[place] = 0
    case = Case(along.op, (tables.data(shape, dtype, memory),), attributes)
    if not dtypes.is_float(dtype):
        return Geometry(case, whole, points=draws.points(along.points, dtype))
    found = Geometry(case, kinds, points=draws.points(along.points, dtype))
    terms = math.prod(shape[axis] for axis in over)
    return fillings.summed(found, kinds, terms, along.operands) if along.operands else found


def _named(along: Along, which: str, rank: int) -> dict[str, Any]:
    if along.several:
        return {"axes": SEVERAL[which](rank) if rank else ()}
    return {"axis": rank // 2 - rank if which == "middle, from the end" else SEVERAL[which](rank)[0]}


def _shape(extents: Sequence[int], over: Sequence[int], long: int, dtype: str, size: int) -> list[int]:
    most = draws.LARGEST.get(dtype, fitting.LARGEST_TENSOR)
    if not long or not over:
        budget = fitting.Budget(elements=most, wanted=min(size, most))
        return fitting.fit(extents, (1,) * len(extents), lambda s: (tables.elements(s), 0), budget)
    shape = list(extents)
    shape[over[0]] = long if dtype not in draws.LARGEST else min(long, most)
    for axis in sorted(set(range(len(shape))) - {over[0]}, key=lambda axis: -shape[axis]):
        room = most * shape[axis] // math.prod(shape)
        shape[axis] = max(1, min(shape[axis], fitting.at_most(room)))
    return shape


def _to_empty(along: Along, over: Sequence[int], rank: int, empty: str) -> int | None:
    """The axis to be empty, None where no axis may be."""
    may = [axis for axis in range(rank) if not along.filled or axis not in over]
    return may[0 if empty == "first" else -1] if may else None


def gradients(along: Along) -> Draw:
    """The same for the aspect ``gradient``: floats, and one integer dtype, for which a few cases suffice."""
    floats = tuple(d for d in along.dtypes if dtypes.is_float(d))
    whole = tuple(d for d in along.dtypes if not dtypes.is_float(d))[:1]
    drawn = geometries(replace(along, dtypes=(*floats, *whole)))
    return drawn.beside(tables.MEMORIES, draws.COTANGENTS).map(lambda found: _with_cotangent(along, *found))


def _with_cotangent(along: Along, geometry: Geometry, memory: Memory, fill: Fill) -> Geometry:
    case = geometry.case
    x = case.tensors[0]
    made = tables.data(along.shape(case.attributes, x.shape), along.answer(case.attributes, x.dtype), memory)
    cotangents = (replace(made, fill=fill) if dtypes.is_float(made.dtype) else None,)
    return replace(geometry, case=replace(case, aspect="gradient", cotangents=cotangents))
