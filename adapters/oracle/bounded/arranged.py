"""Elements of one or several operands moved, repeated, dropped, and summed by index."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.extremes import reduce_max, reduce_min
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.real import Real, left_open
from opassay.adapters.oracle.bounded.scans import reduce_prod
from opassay.adapters.oracle.bounded.sums import Map, linear, reshaped

NOWHERE = -1
"""The place of an element that comes from no operand."""

Shape = tuple[int, ...]


def arranged(xs: Sequence[Real], function: Callable[..., np.ndarray], fill: float = 0) -> Real:
    """Arrays whose elements ``function`` moves and repeats; ``fill`` where it puts ``NOWHERE``."""
    starts = _starts(xs)
    numbered = (np.arange(n, m).reshape(x.shape) for n, m, x in zip(starts, starts[1:], xs, strict=False))
    return taken(xs, np.asarray(function(*numbered)), fill)


def taken(xs: Sequence[Real], places: np.ndarray, fill: float = 0) -> Real:
    """The elements at ``places`` of all operands, flattened and concatenated."""
    starts = _starts(xs)

    def pick(arrays: Sequence[np.ndarray], other: Any) -> np.ndarray:
        row = np.concatenate([a.ravel() for a in arrays])
        return np.asarray(np.append(row, np.asarray(other, row.dtype))[places])

    def local(_: Formats, *errors: np.ndarray) -> np.ndarray:
        return pick([np.broadcast_to(e, x.shape) for e, x in zip(errors, xs, strict=True)], 0)

    def pull(g: Real, _: Real) -> list[Real]:
        return [_returned(g, places - start, x.shape) for x, start in zip(xs, starts, strict=False)]

    return Real(pick([x.value for x in xs], fill), tuple(xs), local, pull, either_zero=_zeros(xs, pick))


def _starts(xs: Sequence[Real]) -> list[int]:
    return [0, *np.cumsum([math.prod(x.shape) for x in xs]).tolist()]


def _zeros(xs: Sequence[Real], pick: Callable[[Sequence[np.ndarray], Any], np.ndarray]) -> np.ndarray | None:
    masks = [x.either_zero for x in xs]
    if all(mask is None for mask in masks):
        return None
    return pick([np.zeros(x.shape, bool) if m is None else m for x, m in zip(xs, masks, strict=True)], False)


def _returned(g: Real, places: np.ndarray, shape: Shape) -> Real:
    """The cotangent of an operand of ``shape`` whose elements went to ``places``."""
    back, forth = _both_ways(places, shape)
    return linear(g, back, forth)


def placed(x: Real, places: np.ndarray, shape: Shape) -> Real:
    """Zeros of ``shape``, with ``x`` added at ``places``, one per element."""
    back, forth = _both_ways(places, shape)
    if x.is_float:
        return linear(x, back, forth)
    return Real(back(x.value), (x,), lambda _, error: np.where(back(error) > 0, np.inf, 0.0))


def _both_ways(places: np.ndarray, shape: Shape) -> tuple[Map, Map]:
    """Adding at places of ``shape``, and taking from there; a place out of range does neither."""
    count = math.prod(shape)
    own = (places >= 0) & (places < count)
    to, whole = places[own], np.where(own, places, count)

    def added(a: np.ndarray) -> np.ndarray:
        found = np.zeros(count, a.dtype)
        np.add.at(found, to, np.broadcast_to(a, places.shape)[own])
        return found.reshape(shape)

    def found(a: np.ndarray) -> np.ndarray:
        return np.append(a.ravel(), np.zeros(1, a.dtype))[whole]

    return added, found


def _rows_of(places: np.ndarray, count: int) -> np.ndarray:
    """One row for each of ``count`` places: the elements that go there, padded with ``NOWHERE`` to the longest."""
    order = np.argsort(places, kind="stable")
    sizes = np.bincount(places, minlength=count)
    rank = np.arange(places.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows = np.full((count, int(sizes.max(initial=1))), NOWHERE)
    rows[places[order], rank] = order
    return rows


def places_of(shape: Shape, function: Map) -> np.ndarray:
    """The places in an array of ``shape`` that ``function`` picks."""
    return np.asarray(function(np.arange(math.prod(shape)).reshape(shape)))


def added(x: Real, updates: Real, places: np.ndarray) -> Real:
    """``x`` with updates added at ``places``, in any order."""
    row = taken((x, updates), np.arange(math.prod(x.shape) + math.prod(updates.shape)))
    to = np.concatenate([np.arange(math.prod(x.shape)), np.broadcast_to(places, updates.shape).ravel()])
    return placed(row, to, x.shape)


def replaced(x: Real, updates: Real, places: np.ndarray) -> Real:
    """``x`` with updates at ``places``; open where unequal updates have one place."""
    found = np.arange(math.prod(x.shape))
    to = np.broadcast_to(places, updates.shape).ravel()
    found[to] = found.size + np.arange(to.size)
    met = _met(updates.value.ravel(), to, found.size).reshape(x.shape)
    y = taken((x, updates), found.reshape(x.shape))
    return left_open(y, met) if met.any() else y


def _met(values: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """Places of several updates that are not all equal."""
    first = np.zeros(count, np.int64)
    first[places[::-1]] = np.arange(places.size)[::-1]
    other = values[first[places]] != values
    met = np.zeros(count, bool)
    met[places[other]] = True
    return met


def extremes(x: Real, updates: Real, places: np.ndarray, largest: bool) -> Real:
    """The largest, or smallest, of each element of ``x`` and all updates at its place."""
    kind = x.value.dtype
    ends = (-np.inf, np.inf) if kind.kind == "f" else (np.iinfo(kind).min, np.iinfo(kind).max)
    choose = reduce_max if largest else reduce_min
    rows = _rows(x, updates, places)
    found = choose(taken((x, updates), rows, ends[0 if largest else 1]), 1, there=rows != NOWHERE)
    return reshaped(found, x.shape)


def multiplied(x: Real, updates: Real, places: np.ndarray) -> Real:
    """Each element of ``x`` times all updates at its place."""
    return reshaped(reduce_prod(taken((x, updates), _rows(x, updates, places), 1), 1), x.shape)


def _rows(x: Real, updates: Real, places: np.ndarray) -> np.ndarray:
    count = math.prod(x.shape)
    to = np.concatenate([np.arange(count), np.broadcast_to(places, updates.shape).ravel()])
    return _rows_of(to, count)
