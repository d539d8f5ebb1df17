"""Ops that join or split tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np

from opassay.adapters.oracle.bounded import Real, arranged
from opassay.cases import movement_pins as pins
from opassay.cases.signatures.arranged import Call, Shape
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import but, one_axis, twice
from opassay.cases.signatures.attributes import integer, integers
from opassay.cases.signatures.moves import ALONG, AXIS, Arrays, Attributes, at, cycled, inserted, moved
from opassay.cases.signatures.rules import More


def _joined(shape: Shape, way: tuple[str, Sequence[int]]) -> Call:
    """One tensor per number: how much longer it is along the axis, or 0 for an empty axis."""
    axis, more = way
    extent = shape[axis_ := ALONG[axis](len(shape))]
    return {"axis": axis_}, [at(shape, axis_, max(0, extent + m)) for m in more]


def _alike(a: Attributes, xs: Arrays) -> bool:
    axis = a["axis"] % xs[0].ndim
    return len({at(x.shape, axis, 0) for x in xs}) == 1


NONE = -100
concat = arranging(
    "concat",
    moved(lambda *xs, axis: np.concatenate(xs, axis)),
    "Tensors one behind the other along an axis, along which they may differ.",
    _joined,
    lambda a, shapes: [at(shapes[0], a["axis"], sum(shape[a["axis"]] for shape in shapes))],
    inputs=("xs",),
    variadic="xs",
    most=4,
    ways=(
        ("last", (0, 0)),
        ("first", (0, 1)),
        ("from the end", (0, 1, 2)),
        ("middle", (1, 0, NONE, 3)),
        ("first", (0,)),
        ("last", (NONE, 0)),
        ("middle", (0, 0, 0, 0)),
    ),
    ranks=(2, 3, 1, 4, 5),
    attributes={"axis": AXIS},
    rules=(
        *one_axis(),
        More(
            "ShapeMismatch",
            "shapes differ along the axis alone",
            _alike,
            lambda case: but(twice(case, 1), axis=0),
        ),
    ),
    pins=pins.CONCAT,
    traits=("moves", "joins"),
)
stack = arranging(
    "stack",
    moved(lambda *xs, axis: np.stack(xs, axis)),
    "Tensors of one shape one behind the other along a new axis.",
    lambda shape, way: ({"axis": ALONG[way[0]](len(shape) + 1)}, (shape,) * way[1]),
    lambda a, shapes: [inserted(shapes[0], a["axis"], len(shapes))],
    inputs=("xs",),
    variadic="xs",
    most=4,
    ways=(("last", 2), ("first", 2), ("from the end", 3), ("middle", 4), ("first", 1)),
    ranks=(2, 3, 1, 4, 0),
    attributes={"axis": integer("an axis, from -rank - 1 to rank")},
    rules=(
        *one_axis(1),
        More(
            "ShapeMismatch",
            "shapes are equal",
            lambda _, xs: len({x.shape for x in xs}) == 1,
            lambda case: twice(case, 0),
        ),
    ),
    pins=pins.STACK,
    traits=("moves", "joins"),
)
PARTS: tuple[Callable[[int], tuple[int, ...]], ...] = (
    lambda n: (n // 2, n - n // 2),
    lambda n: (n,),
    lambda n: (n // 3, 0, n - n // 3),
    lambda n: (min(n, 1), n - min(n, 1)),
    lambda n: (n // 4, n // 4, n // 4, n - 3 * (n // 4)),
)


def _split(x: Real, axis: int, sizes: Sequence[int]) -> tuple[Real, ...]:
    ends = list(accumulate(sizes))
    spans = zip([0, *ends], ends, strict=False)
    return tuple(arranged((x,), lambda a, s=span: np.take(a, range(*s), axis)) for span in spans)


split = arranging(
    "split",
    _split,
    "Parts of so many slices each, one behind the other along an axis.",
    lambda shape, way: _cut_along(shape, ALONG[way[0]](len(shape)), way[1]),
    lambda a, shapes: [at(shapes[0], a["axis"], n) for n in a["sizes"]],
    ways=tuple(zip(cycled(tuple(ALONG), 20), cycled(PARTS, 20), strict=True)),
    ranks=(2, 3, 1, 4, 5),
    attributes={"axis": AXIS, "sizes": integers("whole numbers, together the extent")},
    outputs={"ys": ""},
    variadic="ys",
    rules=(
        *one_axis(),
        More(
            "SizesMismatch",
            "sizes are together the extent",
            lambda a, xs: sum(a["sizes"]) == xs[0].shape[a["axis"]] and min(a["sizes"]) >= 0,
            lambda case: but(case, sizes=(*case.attributes["sizes"][:-1], case.attributes["sizes"][-1] + 1)),
        ),
    ),
    pins=pins.SPLIT,
    traits=("moves",),
)


def _cut_along(shape: Shape, axis: int, parts: Callable[[int], tuple[int, ...]]) -> Call:
    return {"axis": axis, "sizes": parts(shape[axis])}, (shape,)
