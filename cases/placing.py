"""Ops that write along an axis, or at a place, given by indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases import indexing_pins as pins
from opassay.cases.signatures import draws, kinds
from opassay.cases.signatures.arranged import Call, Shape, distinct, positions
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import longer, one_axis, shaped_as, within
from opassay.cases.signatures.attributes import integer, word
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.moves import ALONG, AXIS, Arrays, Attributes, at
from opassay.cases.signatures.rules import More, broadcastable
from opassay.harness.model.dtypes import DTYPES

WAYS = tuple(ALONG)
MATRICES = (2, 3, 4, 2, 5)


def _along(a: Attributes, inputs: Arrays) -> Sequence[int]:
    return [inputs[1].shape[a["axis"]]]


def _alike(a: Attributes, inputs: Arrays) -> bool:
    indices, x, updates = (array.shape for array in inputs)
    return indices == updates and at(indices, a["axis"], 0) == at(x, a["axis"], 0)


UPDATES = More(
    "UpdatesShape",
    "indices and updates have one shape, that of x but along the axis",
    _alike,
    lambda case: longer(case, 2, 0),
)


def _places(indices: Real, x: Real, axis: int) -> np.ndarray:
    return bounded.places_of(x.shape, lambda a: np.take_along_axis(a, indices.value, axis))


def _set(shape: Shape, way: tuple[str, int]) -> Call:
    axis = ALONG[way[0]](len(shape))
    indices = at(shape, axis, min(way[1], shape[axis]))
    return {"axis": axis}, (distinct(indices, shape[axis], axis % len(shape)), shape, indices)


def _met(shape: Shape, way: tuple[str, int]) -> Call:
    axis = ALONG[way[0]](len(shape))
    indices = at(shape, axis, way[1] if shape[axis] else 0)
    return {"axis": axis}, (positions(indices, shape[axis]), shape, indices)


COUNTS = tuple((WAYS[i % 4], (3, 1, 8, 17, 2)[i % 5]) for i in range(10))

scatter_elements = arranging(
    "scatter_elements",
    lambda indices, x, updates, axis: bounded.replaced(x, updates, _places(indices, x, axis)),
    "x with each update in its place, but along the axis where its index says; no place is named twice.",
    _set,
    lambda a, s: [s[1]],
    inputs=("indices", "x", "updates"),
    ways=COUNTS,
    ranks=MATRICES,
    attributes={"axis": AXIS},
    rules=(*one_axis(), *within(_along), UPDATES),
    pins=pins.SCATTER_ELEMENTS,
    traits=("picks", "writes"),
)


def _reduced(indices: Real, x: Real, updates: Real, axis: int, reduction: str) -> Real:
    places = _places(indices, x, axis)
    if reduction in ("min", "max"):
        return bounded.extremes(x, updates, places, reduction == "max")
    return (bounded.added if reduction == "add" else bounded.multiplied)(x, updates, places)


scatter_reduce = arranging(
    "scatter_reduce",
    _reduced,
    "x and all updates that go to an element, added up or multiplied, or the smallest or largest of them.",
    _met,
    lambda a, s: [s[1]],
    inputs=("indices", "x", "updates"),
    ways=COUNTS,
    ranks=MATRICES,
    dtypes=kinds.NUMBERS,
    attributes={"axis": AXIS, "reduction": word("add, mul, max or min", ("add", "max", "min", "mul"))},
    rules=(*one_axis(), *within(_along), UPDATES),
    pins=pins.SCATTER_REDUCE,
    traits=("picks", "writes"),
)


def _slices(shape: Shape, way: tuple[str, int]) -> Call:
    axis = ALONG[way[0]](len(shape))
    count = way[1] if shape[axis] else 0
    return {"axis": axis}, (positions((count,), shape[axis]), shape, at(shape, axis, count))


def _added(indices: Real, x: Real, updates: Real, axis: int) -> Real:
    return bounded.added(x, updates, bounded.places_of(x.shape, lambda a: np.take(a, indices.value, axis)))


index_add = arranging(
    "index_add",
    _added,
    "x, to whose slices along an axis, which indices name, those of updates are added.",
    _slices,
    lambda a, s: [s[1]],
    inputs=("indices", "x", "updates"),
    ways=COUNTS,
    ranks=(2, 3, 1, 4, 5),
    dtypes=kinds.NUMBERS,
    attributes={"axis": AXIS},
    rules=(
        *one_axis(),
        *within(_along),
        More(
            "UpdatesShape",
            "updates have a slice of x for each index",
            lambda a, inputs: inputs[2].shape == at(inputs[1].shape, a["axis"], *inputs[0].shape),
            lambda case: longer(case, 2, case.attributes["axis"]),
        ),
    ),
    pins=pins.INDEX_ADD,
    traits=("picks", "writes"),
)
masked_fill = arranging(
    "masked_fill",
    lambda condition, x, fill: bounded.where(condition, bounded.filled(x, fill), x),
    "x, but fill where the condition holds, which broadcasts to x.",
    lambda shape, way: ({}, (draws.part(shape, way), shape)),
    lambda a, s: [s[1]],
    inputs=("condition", "x"),
    ways=("whole", "row", "scalar", "even", "odd"),
    ranks=(2, 3, 1, 4, 5, 0),
    attributes={"fill": integer("a whole number", (0, 1, 2))},
    rules=(
        More(
            "ShapeMismatch",
            "the condition's extents are those of x, or 1",
            lambda _, inputs: (
                broadcastable([x.shape for x in inputs])
                and np.broadcast_shapes(*(x.shape for x in inputs)) == inputs[1].shape
            ),
            lambda case: shaped_as(case, 0, (*case.tensors[1].shape[:-1], case.tensors[1].shape[-1] + 1)),
        ),
    ),
    pins=pins.MASKED_FILL,
    traits=("fills",),
)
one_hot = arranging(
    "one_hot",
    lambda indices, depth, axis, to: bounded.ones_at(indices.value, depth, axis, to),
    "Along a new axis of extent depth, 1 where an index says and 0 elsewhere.",
    lambda shape, way: ({"axis": ALONG[way[0]](len(shape) + 1), "depth": way[1]}, (positions(shape, way[1]),)),
    lambda a, s: [_inserted(s[0], a)],
    inputs=("indices",),
    ways=(("last", 3), ("from the end", 7), ("first", 17), ("middle", 1), ("last", 65)),
    ranks=(1, 2, 3, 0),
    dtypes=("int32", "int64"),
    attributes={
        "axis": integer("an axis, from -rank - 1 to rank"),
        "depth": integer("a whole number above 0"),
        "to": Attribute("a dtype", DTYPES, lambda value: value in DTYPES),
    },
    output="[to]",
    rules=(*one_axis(1), *within(lambda a, _: [a["depth"]])),
    pins=pins.ONE_HOT,
    traits=("picks",),
)


def _inserted(shape: Shape, a: Any) -> Shape:
    place = a["axis"] % (len(shape) + 1)
    return (*shape[:place], a["depth"], *shape[place:])
