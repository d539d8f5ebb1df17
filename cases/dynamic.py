"""Ops on a slice whose start is a tensor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases import indexing_pins as pins
from opassay.cases.signatures.arranged import Call, Shape, positions
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import but, longer, within
from opassay.cases.signatures.attributes import integers
from opassay.cases.signatures.rules import More

SIZES = (lambda n: n // 2, lambda n: n, lambda n: min(n, 1), lambda n: n - n // 4)


def _sizes(shape: Shape, way: int) -> Shape:
    return tuple(SIZES[(way + i) % 4](n) for i, n in enumerate(shape))


def _room(shape: Shape, sizes: Sequence[int]) -> list[int]:
    return [n - k + 1 for n, k in zip(shape, sizes, strict=True)]


def _window(starts: np.ndarray, sizes: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(s, s + n) for s, n in zip(starts.tolist(), sizes, strict=True))


def _starting(shape: Shape, way: int) -> Call:
    sizes = _sizes(shape, way)
    return {"sizes": sizes}, (positions((len(shape),), *_room(shape, sizes)), shape)


def _updating(shape: Shape, way: int) -> Call:
    sizes = _sizes(shape, way)
    return {}, (positions((len(shape),), *_room(shape, sizes)), shape, sizes)


def _updated(starts: Real, x: Real, updates: Real) -> Real:
    return bounded.replaced(x, updates, bounded.places_of(x.shape, lambda a: a[_window(starts.value, updates.shape)]))


dynamic_slice = arranging(
    "dynamic_slice",
    lambda starts, x, sizes: bounded.arranged((x,), lambda a: a[_window(starts.value, sizes)]),
    "The part of x of so many elements along each axis that begins at starts, and lies in x.",
    _starting,
    lambda a, s: [a["sizes"]],
    inputs=("starts", "x"),
    ways=(0, 1, 2, 3),
    ranks=(2, 3, 1, 4, 5),
    attributes={"sizes": integers("whole numbers, one for each axis")},
    rules=(
        *within(lambda a, inputs: _room(inputs[1].shape, a["sizes"])),
        More(
            "SizeNegative",
            "sizes are at least 0, and no larger than the extents",
            lambda a, inputs: all(0 <= n <= m for n, m in zip(a["sizes"], inputs[1].shape, strict=True)),
            lambda case: but(case, sizes=tuple(n + 1 for n in case.tensors[1].shape)),
        ),
    ),
    pins=pins.DYNAMIC_SLICE,
    traits=("picks", "reads"),
)
dynamic_update_slice = arranging(
    "dynamic_update_slice",
    _updated,
    "x with updates in place of the part that begins at starts, and lies in x.",
    _updating,
    lambda a, s: [s[1]],
    inputs=("starts", "x", "updates"),
    ways=(0, 1, 2, 3),
    ranks=(2, 3, 1, 4, 5),
    rules=(
        *within(lambda _, inputs: _room(inputs[1].shape, inputs[2].shape)),
        More(
            "UpdatesShape",
            "updates are no longer than x along any axis",
            lambda _, inputs: all(n <= m for n, m in zip(inputs[2].shape, inputs[1].shape, strict=True)),
            lambda case: longer(case, 2, 0, case.tensors[1].shape[0]),
        ),
    ),
    pins=pins.DYNAMIC_UPDATE_SLICE,
    traits=("picks", "writes"),
)
