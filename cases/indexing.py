"""Ops that read and write at indices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases import indexing_pins as pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.arranged import Call, Operand, Shape, distinct, positions
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import but, given_as, longer, one_axis, shaped_as, within
from opassay.cases.signatures.attributes import flag
from opassay.cases.signatures.moves import ALONG, AXIS, Arrays, Attributes, at
from opassay.cases.signatures.rules import More
from opassay.harness.model.case import Case

LISTS: tuple[Shape, ...] = ((5,), (3,), (), (2, 3), (17,), (2, 1, 3), (257,), (1,))
"""Shapes of indices; more indices than places guarantee duplicates."""

RANKS = (2, 3, 1, 4, 2, 5)
AXES = tuple(ALONG)


def _along(a: Attributes, inputs: Arrays) -> Sequence[int]:
    return [inputs[1].shape[a["axis"]]]


def _rows(a: Attributes, inputs: Arrays) -> Sequence[int]:
    return [inputs[1].shape[0]]


def _leading(a: Attributes, inputs: Arrays) -> Sequence[int]:
    return inputs[1].shape[: inputs[0].shape[-1]]


def _none_of_nothing(shape: Shape, extent: int) -> Shape:
    """No index is valid on an empty axis."""
    return shape if extent else (0, *shape[1:])


def _list(shape: Shape, way: tuple[str, Shape]) -> Call:
    axis = ALONG[way[0]](len(shape))
    extent = shape[axis]
    return {"axis": axis}, (positions(_none_of_nothing(way[1], extent), extent), shape)


gather = arranging(
    "gather",
    lambda indices, x, axis: bounded.arranged((x,), lambda a: np.take(a, indices.value, axis)),
    "The slices of x along an axis that indices name, in their shape in its place.",
    _list,
    lambda a, s: [at(s[1], a["axis"], *s[0])],
    inputs=("indices", "x"),
    ways=tuple((AXES[i % 4], LISTS[i % 8]) for i in range(9)),
    ranks=RANKS,
    attributes={"axis": AXIS},
    rules=(*one_axis(), *within(_along)),
    pins=pins.GATHER,
    traits=("picks", "reads"),
)
embedding = arranging(
    "embedding",
    lambda indices, weight: bounded.arranged((weight,), lambda a: np.take(a, indices.value, 0)),
    "The rows of weight that indices name.",
    lambda shape, way: ({}, (positions(_none_of_nothing(way, shape[0]), shape[0]), shape)),
    lambda a, s: [(*s[0], *s[1][1:])],
    inputs=("indices", "weight"),
    ways=LISTS,
    ranks=(2,),
    dtypes=kinds.FLOATING,
    rules=within(_rows),
    pins=pins.EMBEDDING,
    traits=("picks", "reads"),
)


def _beside(shape: Shape, way: tuple[str, int]) -> Call:
    """The requested number along the axis, elsewhere as x."""
    axis = ALONG[way[0]](len(shape))
    indices = at(shape, axis, way[1] if shape[axis] else 0)
    return {"axis": axis}, (positions(indices, shape[axis]), shape)


def _alike(a: Attributes, inputs: Arrays) -> bool:
    return len({at(x.shape, a["axis"], 0) for x in inputs}) == 1


def _wider(case: Case) -> Case:
    *shape, last = case.tensors[1].shape
    return shaped_as(but(case, axis=0), 0, (*shape, last + 1))


ALIKE = More("IndicesShape", "indices differ from x along the axis alone", _alike, _wider)
MATRICES = (2, 3, 4, 2, 5)

gather_elements = arranging(
    "gather_elements",
    lambda indices, x, axis: bounded.arranged((x,), lambda a: np.take_along_axis(a, indices.value, axis)),
    "For each index the element of x in its place, but along the axis where it says.",
    _beside,
    lambda a, s: [s[0]],
    inputs=("indices", "x"),
    ways=tuple((AXES[i % 4], (3, 1, 8, 17, 2)[i % 5]) for i in range(10)),
    ranks=MATRICES,
    attributes={"axis": AXIS},
    rules=(*one_axis(), *within(_along), ALIKE),
    pins=pins.GATHER_ELEMENTS,
    traits=("picks", "reads"),
)


def _points(shape: Shape, way: tuple[int, Shape]) -> tuple[Operand, Shape]:
    """Indices of so many axes, and the shape of the elements they address."""
    depth = min(way[0], len(shape))
    lead = _none_of_nothing(way[1], math.prod(shape[:depth]))
    return positions((*lead, depth), *shape[:depth]), (*lead, *shape[depth:])


POINTS = tuple(((1, 2, 3, 2)[i % 4], [lead for lead in LISTS if lead][i % 7]) for i in range(9))


def _columns(indices: Real) -> tuple[np.ndarray, ...]:
    return tuple(np.moveaxis(indices.value, -1, 0))


def _too_deep(case: Case) -> Case:
    indices, x = case.tensors
    rows = positions((*indices.shape[:-1], len(x.shape) + 1), 1)
    return given_as(case, 0, replace(indices, shape=rows.shape, fill=rows.fill))


gather_nd = arranging(
    "gather_nd",
    lambda indices, x: bounded.arranged((x,), lambda a: a[_columns(indices)]),
    "x[i, j, ...] for each row (i, j, ...) of indices.",
    lambda shape, way: ({}, (_points(shape, way)[0], shape)),
    lambda a, s: [(*s[0][:-1], *s[1][s[0][-1] :])],
    inputs=("indices", "x"),
    ways=POINTS,
    ranks=RANKS,
    rules=(
        *within(_leading),
        More(
            "IndexDepthTooLarge",
            "a row names no more axes than there are",
            lambda _, inputs: inputs[0].shape[-1] <= inputs[1].ndim,
            _too_deep,
        ),
    ),
    pins=pins.GATHER_ND,
    traits=("picks", "reads"),
)


def _put(indices: Real, x: Real, updates: Real, accumulate: bool) -> Real:
    places = bounded.places_of(x.shape, lambda a: a[_columns(indices)])
    return bounded.added(x, updates, places) if accumulate else bounded.replaced(x, updates, places)


def _written(shape: Shape, way: tuple[bool, tuple[int, Shape]]) -> Call:
    """Over more than one axis, or with duplicates, updates are added."""
    accumulate, points = way
    indices, updates = _points(shape, points)
    if not accumulate:
        count = min(points[1][0], shape[0])
        indices, updates = distinct((count, 1), shape[0], 0), (count, *shape[1:])
    return {"accumulate": accumulate}, (indices, shape, updates)


UPDATES = More(
    "UpdatesShape",
    "updates have the shape of what the indices name",
    lambda _, inputs: inputs[2].shape == (*inputs[0].shape[:-1], *inputs[1].shape[inputs[0].shape[-1] :]),
    lambda case: longer(case, 2, 0),
)
index_put = arranging(
    "index_put",
    _put,
    "x with updates at the rows of indices, added to it if they accumulate; else no place is named twice.",
    _written,
    lambda a, s: [s[1]],
    inputs=("indices", "x", "updates"),
    ways=tuple((i % 2 == 1, POINTS[i]) for i in range(9)),
    ranks=RANKS,
    dtypes=kinds.NUMBERS,
    attributes={"accumulate": flag("whether updates are added", ())},
    rules=(*within(_leading), UPDATES),
    pins=pins.INDEX_PUT,
    traits=("picks", "writes"),
)
