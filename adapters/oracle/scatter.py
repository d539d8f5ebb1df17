"""Scatter with addition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.answers import Define
from opassay.adapters.oracle.bounded.contraction import Copies, Form, Sums, contracted
from opassay.adapters.oracle.bounded.masks import once
from opassay.adapters.oracle.definition import Definition
from opassay.adapters.oracle.geometry import addressable, check_dtypes, check_index_dtype, integers, require
from opassay.harness.model import dtypes


def scatter_nd(indices: np.ndarray, updates: np.ndarray, *, shape: Sequence[int]) -> np.ndarray:
    """``updates`` added into zeros of ``shape`` at ``indices``: repeated indices add up.

    ``y[indices[i...], ...] += updates[i..., ...]``

    Arguments:
        indices: int32 or int64, ``[..., k]`` with 1 <= k <= len(shape); each row addresses the first k axes.
        updates: of shape ``indices.shape[:-1] + shape[k:]``; any dtype opassay knows.
        shape: the answer's shape, integers >= 0.

    Returns an array of ``shape``: for floats in float64 (longdouble for float64), for integers in their own dtype
    modulo 2**bits.

    Raises ``ContractError`` for a scalar ``indices``, another dtype, a negative extent, an answer of 2**48
    elements or more, k out of range, ``updates`` of another shape, and an index negative or not below its extent.

    Its gradient by ``updates`` takes the cotangent at each one's place; indices have none.

    Sources: https://www.tensorflow.org/api_docs/python/tf/scatter_nd; for the gradient
    https://www.tensorflow.org/api_docs/python/tf/gather_nd
    """
    return SCATTER_ND.values(indices, updates, shape=shape)[0]


def _check(indices: np.ndarray, updates: np.ndarray, shape: Any) -> tuple[int, ...]:
    """The answer's shape; raises ``ContractError`` as ``scatter_nd`` says."""
    op = "scatter_nd"
    check_dtypes(op, {"updates": updates}, dtypes.CORE)
    check_index_dtype(op, indices)
    require(indices.ndim >= 1, f"{op}: indices must have rank 1 or more ([..., k]), got a scalar")
    whole = integers(op, "shape", shape, None, 0)
    addressable(op, whole)
    depth = indices.shape[-1]
    require(
        1 <= depth <= len(whole),
        f"{op}: the last extent of indices must lie in [1, {len(whole)}] for {whole}, got {depth}",
    )
    expected = indices.shape[:-1] + whole[depth:]
    require(
        updates.shape == expected,
        f"{op}: updates must have shape {expected} for indices {indices.shape} and shape {whole}, got {updates.shape}",
    )
    for axis, extent in enumerate(whole[:depth]):
        along = indices[..., axis]
        outside = along[(along < 0) | (along >= extent)]
        require(
            outside.size == 0, f"{op}: indices into axis {axis} must lie in [0, {extent}), got {outside[:1].tolist()}"
        )
    return whole


def _bind(indices: np.ndarray, updates: np.ndarray, shape: Any) -> Define:
    whole = _check(indices, updates, shape)
    form = _form(indices, updates.shape, whole)
    return lambda _, updates: contracted(form, 1, updates)


def _form(indices: np.ndarray, updates: tuple[int, ...], shape: tuple[int, ...]) -> Form:
    """``Σ updates[i] y[indices[i]]``."""
    depth = indices.shape[-1]
    slots, inner = shape[:depth], math.prod(shape[depth:])

    def places() -> np.ndarray:
        flat = np.zeros(indices.shape[:-1], dtype=np.int64)
        for axis, extent in enumerate(slots):
            flat = flat * extent + indices[..., axis]
        return flat.ravel()

    where = once(places)

    def added(updates: np.ndarray) -> np.ndarray:
        y = np.zeros((math.prod(slots), inner), dtype=updates.dtype)
        np.add.at(y, where(), updates.reshape(where().size, inner))
        return y.reshape(shape)

    ways = (Copies(lambda y: y[tuple(np.moveaxis(indices, -1, 0))], updates), Sums(added, shape))
    return ways.__getitem__


SCATTER_ND = Definition("scatter_nd", ("indices", "updates"), _bind, ("updates",), linear=True)
