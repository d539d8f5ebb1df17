"""Valid cases of element-wise ops: any rank up to 5, operands that broadcast, every memory kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opassay.cases import fitting, tables
from opassay.cases.signatures import kinds
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

RANKS = (1, 1, 2, 2, 3, 3, 4, 4, 5, 0)
EXTENTS = (1, 2, 3, 3, 4, 5, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65)
EMPTY = ("",) * 38 + ("first", "last")

LARGEST = {"float64": 4_097}
"""Elements of a case for which the oracle needs more than float64."""

BROADCASTS: Mapping[int, tuple[tuple[str, ...], ...]] = {
    1: (("whole",),),
    2: (
        *(("whole", "whole"),) * 5,
        *(("whole", "scalar"), ("scalar", "whole"), ("whole", "row"), ("row", "whole"), ("whole", "odd")),
        *(("even", "whole"), ("even", "odd"), ("ones", "whole")),
    ),
    3: (
        *(("whole", "whole", "whole"),) * 4,
        *(("whole", "scalar", "whole"), ("row", "whole", "scalar"), ("scalar", "whole", "odd"), ("even", "odd", "row")),
    ),
}
"""By the number of operands, how the shape of each derives from the answer's."""

CHANNELS = (("whole", "channel"),) * 3 + (("whole", "scalar"),)
"""The same for an operand with a number per channel, or a single one."""

COTANGENTS = (Fill("ones"), Fill("ints", 1), Fill("normal", 2), Fill("ints", 3), Fill("wide", 4), Fill("normal", 5))
"""Values of a cotangent: those of the inputs (``ones``), or moderate ones, so that a wrong factor shows."""


@dataclass(frozen=True)
class Draws:
    """What an entry says of its cases.

    ``dtypes``: a table. ``fixed``: dtypes of single inputs, by position, that are not drawn. ``points``: where the op
    is hard. ``attributes``: a table of values for each. ``output``: the answer's dtype, "" for that of the last input,
    or in brackets the attribute that names it. ``broadcasts``: how each operand's shape derives from the answer's, by
    default all ways. ``widened``: the answer's dtype by that of the last input, where it differs.
    """

    op: str
    inputs: int
    dtypes: Sequence[str]
    points: kinds.Points = (0.0,)
    values: Sequence[tuple[str, ...]] = kinds.VALUES
    whole_values: Sequence[tuple[str, ...]] = kinds.VALUES
    fixed: Mapping[int, str] = field(default_factory=dict)
    attributes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    output: str = ""
    broadcasts: Sequence[Sequence[str]] = ()
    widened: Mapping[str, str] = field(default_factory=dict)

    def answer(self, attributes: Mapping[str, Any], dtype: str) -> str:
        """The dtype of the answer for inputs of ``dtype``."""
        named = self.output.strip("[]")
        return str(attributes[named]) if named in self.attributes else named or self.widened.get(dtype, dtype)


def part(shape: Sequence[int], how: str) -> tuple[int, ...]:
    """An operand's shape that broadcasts to ``shape``."""
    if how == "scalar":
        return ()
    if how == "row":
        return tuple(shape[1:])
    if how == "channel":
        return (shape[1], *(1,) * (len(shape) - 2)) if len(shape) > 1 else ()
    ones = {"even": (0,), "odd": (1,), "ones": (0, 1)}.get(how, ())
    return tuple(1 if axis % 2 in ones else n for axis, n in enumerate(shape))


def broadcasts(shapes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The broadcast shape of these."""
    rank = max(map(len, shapes))
    columns = zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes), strict=True)
    return tuple(next((n for n in column if n != 1), 1) for column in columns)


def building(make: Callable[..., Geometry], entry: Any, extents: int) -> Callable[..., Geometry]:
    """The draws of ``entry``, as ``make(entry, attributes, memories, extents, **others)`` takes them."""

    def build(**drawn: Any) -> Geometry:
        memories = [drawn.pop(f"memory{i}") for i in range(entry.inputs)]
        found = [drawn.pop(f"extent{i}") for i in range(extents)]
        attributes = {name: drawn.pop(name) for name in entry.attributes}
        return make(entry, attributes, memories, found, **drawn)

    return build


def geometries(
    draws: Draws,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
    ranks: Sequence[int] = RANKS,
) -> Any:
    """Draws valid cases."""

    return tables.drawn(
        building(_geometry, draws, max(RANKS)),
        kinds=draws.values,
        whole=draws.whole_values,
        **{f"memory{i}": tables.MEMORIES for i in range(draws.inputs)},
        dtype=draws.dtypes,
        **draws.attributes,
        how=draws.broadcasts or BROADCASTS[draws.inputs],
        rank=ranks,
        **{f"extent{i}": EXTENTS for i in range(max(RANKS))},
        size=sizes,
        empty=empty,
    )


def _geometry(
    draws: Draws,
    attributes: Mapping[str, Any],
    memories: Sequence[Memory],
    extents: Sequence[int],
    *,
    kinds: tuple[str, ...],
    whole: tuple[str, ...],
    dtype: str,
    how: Sequence[str],
    rank: int,
    size: int,
    empty: str,
) -> Geometry:
    shape = _shape(extents[:rank], dtype, size, empty)
    tensors = [
        tables.data(part(shape, each), draws.fixed.get(i, dtype), memory)
        for i, (each, memory) in enumerate(zip(how, memories, strict=True))
    ]
    chosen = kinds if dtypes.is_float(dtype) else whole
    return Geometry(Case(draws.op, tuple(tensors), attributes), chosen, points=points(draws.points, dtype))


def _shape(extents: Sequence[int], dtype: str, size: int, empty: str) -> tuple[int, ...]:
    most = LARGEST.get(dtype, fitting.LARGEST_TENSOR)
    wanted = max(-most, min(size, most)) if dtype in LARGEST else size
    budget = fitting.Budget(elements=most, wanted=wanted)
    shape = fitting.fit(extents, (1,) * len(extents), lambda s: (tables.elements(s), 0), budget)
    if empty and shape:
        shape[0 if empty == "first" else -1] = 0
    return tuple(shape)


def points(given: kinds.Points, dtype: str) -> tuple[float, ...]:
    """The points as numbers of ``dtype``, written identically on every machine."""
    if not dtypes.is_float(dtype):
        return tuple(int(p) for p in given if not callable(p))
    found = (p(FORMATS[dtype]) if callable(p) else float(p) for p in given)
    return tuple(float(f"{p:.4g}") for p in found)


def gradients(draws: Draws) -> Any:
    """The same for the aspect ``gradient``: floats, and one integer dtype, for which a few cases suffice."""
    floats = tuple(d for d in draws.dtypes if dtypes.is_float(d))
    whole = tuple(d for d in draws.dtypes if not dtypes.is_float(d))[:1]
    # An answer that is no float has no gradient, whatever attribute names its dtype.
    to = draws.output.strip("[]")
    named = {name: [v for v in t if name != to or dtypes.is_float(v)] for name, t in draws.attributes.items()}
    drawn = geometries(replace(draws, dtypes=(*floats, *whole), attributes=named))

    def with_cotangent(found: tuple[Geometry, Memory, Fill]) -> Geometry:
        dtype = draws.answer(found[0].case.attributes, found[0].case.tensors[-1].dtype)
        return _with_cotangent(*found, dtype)

    return drawn.beside(tables.MEMORIES, COTANGENTS).map(with_cotangent)


def _with_cotangent(geometry: Geometry, memory: Memory, fill: Fill, dtype: str) -> Geometry:
    case = geometry.case
    made = replace(tables.data(broadcasts([t.shape for t in case.tensors]), dtype, memory), fill=fill)
    cotangents = (made if dtypes.is_float(dtype) else None,)
    return replace(geometry, case=replace(case, aspect="gradient", cotangents=cotangents))
