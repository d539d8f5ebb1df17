"""Scatter with addition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.geometry import addressable, check_dtypes, check_index_dtype, integers, require
from opassay.adapters.oracle.linear import Linear, apply, linear_reference, wide
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


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

    Source: https://www.tensorflow.org/api_docs/python/tf/scatter_nd
    """
    return apply(_bind(indices, updates, shape), (wide(updates),))


def scatter_nd_reference(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``scatter_nd`` with what bounds a correct kernel's error; linear in ``updates``."""
    return (linear_reference("y", _bind(*inputs, **attributes), inputs[1:]),)


def _bind(indices: np.ndarray, updates: np.ndarray, shape: Any) -> Linear:
    whole = check_scatter(indices, updates, shape)
    depth = indices.shape[-1]
    slots, inner = whole[:depth], math.prod(whole[depth:])
    flat = np.zeros(indices.shape[:-1], dtype=np.int64)
    for axis, extent in enumerate(slots):
        flat = flat * extent + indices[..., axis]

    def linear(updates: np.ndarray) -> np.ndarray:
        y = np.zeros((math.prod(slots), inner), dtype=updates.dtype)
        np.add.at(y, flat.ravel(), updates.reshape(flat.size, inner))
        return y.reshape(whole)

    return linear


def check_scatter(indices: np.ndarray, updates: np.ndarray, shape: Any) -> tuple[int, ...]:
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
