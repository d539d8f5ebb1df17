"""Ops that move elements: to another order or shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from opassay.cases import movement_pins as pins
from opassay.cases.signatures import axes as drawn_axes
from opassay.cases.signatures import draws
from opassay.cases.signatures.arranged import Call, Shape
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import SEVERAL_AXES, but, longer, one_axis, shaped_as
from opassay.cases.signatures.attributes import integer, integers
from opassay.cases.signatures.moves import ALONG, AXES, AXIS, Attributes, Shapes, inserted, moved, same
from opassay.cases.signatures.rules import More, broadcastable

PERMUTATIONS: Mapping[str, Callable[[int], list[int]]] = {
    "backwards": lambda rank: list(range(rank))[::-1],
    "last two": lambda rank: [*range(rank - 2), *list(range(max(rank - 2, 0), rank))[::-1]],
    "first to the end": lambda rank: [*range(1, rank), *range(min(rank, 1))],
    "last to the front": lambda rank: [*range(rank - 1, rank), *range(rank - 1)] if rank else [],
    "as they are": lambda rank: list(range(rank)),
}

transpose = arranging(
    "transpose",
    moved(np.transpose),
    "The axes in another order: axis i of the answer is axes[i] of x.",
    lambda shape, way: ({"axes": tuple(PERMUTATIONS[way](len(shape)))}, (shape,)),
    lambda a, shapes: [tuple(shapes[0][axis] for axis in a["axes"])],
    ways=tuple(PERMUTATIONS),
    ranks=(2, 3, 4, 3, 4, 1, 5, 6, 0),
    attributes={"axes": integers("each axis once")},
    rules=(
        *SEVERAL_AXES,
        More(
            "AxisMissing",
            "each axis is given",
            lambda a, xs: len(a["axes"]) == xs[0].ndim,
            lambda case: but(case, axes=(*case.attributes["axes"], len(case.tensors[0].shape))),
        ),
    ),
    pins=pins.TRANSPOSE,
    traits=("moves",),
)


def _factors(n: int) -> tuple[int, int]:
    first = next((k for k in (2, 3, 5, 7) if n and n % k == 0), 1)
    return first, n // first


SHAPES: Mapping[str, Callable[[Shape], Sequence[int]]] = {
    "flat": lambda shape: (math.prod(shape),),
    "backwards": lambda shape: shape[::-1],
    "first two together": lambda shape: (math.prod(shape[:2]), *shape[2:]),
    "last two together": lambda shape: (*shape[:-2], math.prod(shape[-2:])),
    "each split": lambda shape: [n for extent in shape[:3] for n in _factors(extent)] + list(shape[3:]),
    "with ones": lambda shape: (1, *shape, 1),
    "the first to be found": lambda shape: (-1, *shape[1:]) if math.prod(shape[1:]) else shape,
    "one to be found": lambda shape: (-1,) if math.prod(shape) else shape,
    "the last to be found": lambda shape: (
        (*shape[:1], *shape[2:], -1) if math.prod(shape) and len(shape) > 1 else shape
    ),
}


def _reshaped(a: Attributes, shapes: Shapes) -> Shapes:
    known = math.prod(n for n in a["new_shape"] if n != -1)
    return [tuple(math.prod(shapes[0]) // max(known, 1) if n == -1 else n for n in a["new_shape"])]


def _fits(a: Attributes, xs: Sequence[np.ndarray]) -> bool:
    known = [n for n in a["new_shape"] if n != -1]
    if len(known) == len(a["new_shape"]):
        return bool(math.prod(known) == xs[0].size)
    return bool(math.prod(known) and xs[0].size % math.prod(known) == 0)


reshape = arranging(
    "reshape",
    moved(lambda x, new_shape: x.reshape(new_shape)),
    "The same elements, row by row, in another shape, of which an extent of -1 follows from the others.",
    lambda shape, way: ({"new_shape": tuple(SHAPES[way](shape))}, (shape,)),
    _reshaped,
    ways=tuple(SHAPES),
    ranks=(2, 3, 4, 1, 3, 5, 0),
    attributes={"new_shape": integers("extents, of which one may be -1")},
    rules=(
        More(
            "SizeMismatch",
            "the answer has as many elements as x, and -1 stands for one extent",
            _fits,
            lambda case: but(case, new_shape=(math.prod(case.tensors[0].shape) + 1,)),
        ),
        More(
            "TwoUnknown",
            "one extent alone may be -1",
            lambda a, _: a["new_shape"].count(-1) < 2,
            lambda case: but(case, new_shape=(-1, *case.tensors[0].shape[1:], -1)),
        ),
        More(
            "ShapeNegative",
            "no extent is less than -1",
            lambda a, _: min(a["new_shape"], default=0) >= -1,
            lambda case: but(case, new_shape=tuple(-n for n in case.tensors[0].shape)),
        ),
    ),
    pins=pins.RESHAPE,
    traits=("moves",),
)
expand = arranging(
    "expand",
    moved(lambda x, new_shape: np.broadcast_to(x, new_shape)),
    "x, repeated along axes of extent 1 and new ones before them, to a shape.",
    lambda shape, way: ({"new_shape": shape}, (draws.part(shape, way),)),
    lambda a, _: [a["new_shape"]],
    ways=("even", "odd", "row", "scalar", "ones", "whole"),
    ranks=(2, 3, 4, 3, 2, 1, 5, 0),
    attributes={"new_shape": integers("extents, those of x or in place of its ones")},
    rules=(
        More(
            "ShapeMismatch",
            "an extent of x that is not 1 is the answer's",
            lambda a, xs: (
                broadcastable([xs[0].shape, a["new_shape"]])
                and np.broadcast_shapes(xs[0].shape, a["new_shape"]) == a["new_shape"]
            ),
            lambda case: shaped_as(case, 0, (*case.attributes["new_shape"][:-1], 7)),
        ),
    ),
    pins=pins.EXPAND,
    traits=("moves",),
)


def _with_ones(shape: Shape, way: str) -> Call:
    ones, places = ONES[way](len(shape))
    found = list(shape)
    for place in ones:
        found.insert(place, 1)
    return {"axes": places}, (tuple(found),)


ONES: Mapping[str, Callable[[int], tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "first": lambda rank: ((0,), (0,)),
    "last": lambda rank: ((rank,), (rank,)),
    "last, from the end": lambda rank: ((rank,), (-1,)),
    "both ends": lambda rank: ((0, rank + 1), (0, rank + 1)),
    "one of two": lambda rank: ((0, 0), (1,)),
}


def _squeezed(a: Attributes, shapes: Shapes) -> Shapes:
    gone = {axis % len(shapes[0]) for axis in a["axes"]}
    return [tuple(n for i, n in enumerate(shapes[0]) if i not in gone)]


squeeze = arranging(
    "squeeze",
    moved(lambda x, axes: np.squeeze(x, axes)),
    "x without axes of extent 1.",
    _with_ones,
    _squeezed,
    ways=tuple(ONES),
    ranks=(2, 3, 1, 4, 0),
    attributes={"axes": AXES},
    rules=(
        More(
            "ExtentNotOne",
            "an axis that goes has extent 1",
            lambda a, xs: all(xs[0].shape[axis] == 1 for axis in a["axes"]),
            lambda case: longer(case, 0, case.attributes["axes"][0]),
        ),
        *SEVERAL_AXES[:1],
    ),
    pins=pins.SQUEEZE,
    traits=("moves",),
)
unsqueeze = arranging(
    "unsqueeze",
    moved(lambda x, axis: np.expand_dims(x, axis)),
    "x with one axis more, of extent 1; axis is its place in the answer.",
    lambda shape, way: ({"axis": ALONG[way](len(shape) + 1)}, (shape,)),
    lambda a, shapes: [inserted(shapes[0], a["axis"], 1)],
    ways=tuple(ALONG),
    ranks=(2, 3, 1, 4, 5, 0),
    attributes={"axis": integer("an axis, from -rank - 1 to rank")},
    rules=one_axis(1),
    pins=pins.UNSQUEEZE,
    traits=("moves",),
)


flip = arranging(
    "flip",
    moved(lambda x, axes: np.flip(x, axes)),
    "x backwards along axes.",
    lambda shape, way: ({"axes": drawn_axes.SEVERAL[way](len(shape)) if shape else ()}, (shape,)),
    same,
    ways=tuple(drawn_axes.SEVERAL),
    ranks=(2, 3, 1, 4, 5, 0),
    attributes={"axes": AXES},
    rules=SEVERAL_AXES,
    pins=pins.FLIP,
    traits=("moves",),
)

roll = arranging(
    "roll",
    moved(lambda x, shift, axis: np.roll(x, shift, axis)),
    "Each slice so many places further along an axis; what leaves the end comes in at the start.",
    lambda shape, way: ({"axis": ALONG[way](len(shape))}, (shape,)),
    same,
    ways=tuple(ALONG),
    ranks=(2, 3, 1, 4, 5),
    attributes={"axis": AXIS, "shift": integer("a whole number", (1, -1, 2, -3, 0, 70, -1_000_003))},
    rules=one_axis(),
    pins=pins.ROLL,
    traits=("moves",),
)
