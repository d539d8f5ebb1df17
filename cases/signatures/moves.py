"""Helpers for entries of ops that move elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded import Real, arranged
from opassay.cases.signatures.arranged import Shape
from opassay.cases.signatures.arranged_rules import shaped_as
from opassay.cases.signatures.attributes import integer, integers
from opassay.cases.signatures.rules import More

Attributes = Mapping[str, Any]
Shapes = Sequence[Shape]
Arrays = Sequence[np.ndarray]

AXIS = integer("an axis, from -rank to rank - 1")
AXES = integers("different axes, each from -rank to rank - 1")

ALONG: Mapping[str, Callable[[int], int]] = {
    "last": lambda rank: rank - 1,
    "first": lambda rank: 0,
    "from the end": lambda rank: -1,
    "middle": lambda rank: rank // 2 - rank,
}
"""One axis of a rank, by name."""


def moved(function: Callable[..., np.ndarray], fill: float = 0) -> Callable[..., Real]:
    """The definition of an op that is ``function`` of arrays, and of attributes by name."""
    return lambda *xs, **attributes: arranged(xs, lambda *arrays: function(*arrays, **attributes), fill)


def same(attributes: Attributes, shapes: Shapes) -> Shapes:
    """An answer in the shape of the data."""
    return shapes[-1:]


def at(shape: Shape, axis: int, *extents: int) -> Shape:
    """The shape with an axis replaced by other extents."""
    place = axis % len(shape)
    return (*shape[:place], *extents, *shape[place + 1 :])


def inserted(shape: Shape, axis: int, extent: int) -> Shape:
    """The shape with one more axis."""
    place = axis % (len(shape) + 1)
    return (*shape[:place], extent, *shape[place:])


def cycled(values: Sequence[Any], count: int) -> tuple[Any, ...]:
    """So many values, cycled."""
    return tuple(values[i % len(values)] for i in range(count))


MATRIX = More(
    "RankOne",
    "x has rank 2 or more",
    lambda _, xs: xs[0].ndim >= 2,
    lambda case: shaped_as(case, 0, case.tensors[0].shape[:1]),
)
