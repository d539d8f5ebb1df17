"""Sorting, the indices it returns, one-hot encoding, and index ranges."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.arranged import arranged
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.real import Real, constant, unsigned
from opassay.harness.model import dtypes


def order(x: Real, axis: int, descending: bool) -> Real:
    """The indices that sort the elements, stable; NaN is larger than all."""
    value = _places(x.value, axis, descending).astype(np.int64)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        # The order of inexact elements is not known.
        return np.where((error > 0).any(axis=axis, keepdims=True), np.inf, 0.0)

    return Real(value, (x,), local)


def _places(x: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    turned = np.flip(x, axis)
    found = np.flip(np.argsort(turned, axis=axis, kind="stable"), axis)
    return np.asarray(x.shape[axis] - 1 - found)


def in_order(x: Real, axis: int, descending: bool) -> Real:
    """The sorted elements. Either of two zeros may come first."""
    places = _places(x.value, axis, descending)
    y = arranged((x,), lambda a: np.take_along_axis(a, places, axis))
    return unsigned(y) if x.is_float else y


def part(x: Real, count: int) -> Real:
    """The first so many along the last axis."""
    return arranged((x,), lambda a: a[..., :count])


def distinct(x: Real) -> Real:
    """The distinct values, sorted. Either zero stands for both; open if elements are inexact."""
    places = np.unique(x.value, return_index=True)[1]
    y = arranged((x,), lambda a: a.ravel()[places])
    return unsigned(y) if x.is_float else y


def nonzero(x: Real) -> Real:
    """The indices of each nonzero element, one row each."""
    found = np.argwhere(x.value).astype(np.int64)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        return np.full(found.shape, np.inf if (error > 0).any() else 0.0)

    return Real(found, (x,), local)


def filled(x: Real, number: float) -> Real:
    """A constant of x's dtype."""
    return Real(np.asarray(number, x.value.dtype))


def counted(x: Real, start: float, step: float) -> Real:
    """Numbers of x's dtype from ``start`` on, a ``step`` apart, as many as x has elements."""
    return constant(np.arange(x.value.size), x) * constant(step, x) + constant(start, x)


def ones_at(indices: np.ndarray, depth: int, axis: int, dtype: str) -> Real:
    """Along a new axis, 1 at each index and 0 elsewhere; exact in every dtype."""
    found = np.moveaxis(indices[..., None] == np.arange(depth), -1, axis)
    return Real(found.astype(np.float64 if dtypes.is_float(dtype) else np.dtype(dtype)))
