"""Unpooling: from pooled values to the input's extents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded.answers import Define
from opassay.adapters.oracle.bounded.contraction import Copies, Form, Sums, contracted
from opassay.adapters.oracle.bounded.masks import once
from opassay.adapters.oracle.definition import Definition
from opassay.adapters.oracle.geometry import (
    Extents,
    addressable,
    check_dtypes,
    check_image,
    check_index_dtype,
    from_nhwc,
    integers,
    over_batch,
    per_axis,
    require,
    shape_in_layout,
    shape_nhwc,
    to_nhwc,
)
from opassay.harness.model import dtypes


def max_unpool2d(x: np.ndarray, indices: np.ndarray, *, output_shape: Sequence[int], layout: str) -> np.ndarray:
    """Each value at its index, and zero elsewhere.

    Arguments:
        x: pooled values, ``[N, P, Q, C]`` or ``[N, C, P, Q]`` as ``layout`` says; any dtype opassay knows.
        indices: int32 or int64, of ``x``'s shape, flat within one sample: ``(row * W + column) * C + c`` whatever
            the layout, with W and C of ``output_shape``, as ``max_pool2d_with_argmax`` gives them.
        output_shape: the whole shape of the answer in ``layout``; batch and channels are those of ``x``.
        layout: ``"NHWC"`` or ``"NCHW"``.

    Returns an array of ``output_shape``: for floats in float64 (longdouble for float64), which holds them exactly;
    for integers in their own dtype. An index that repeats with equal values is written once, never summed (NaN
    equals NaN here); with unequal values the element is undefined, and here holds one of them.

    Raises ``ContractError`` for another rank, dtype or layout, ``indices`` of another shape than ``x``, an
    ``output_shape`` that is not four integers >= 0, has 2**48 elements or more, another batch or other channels, an
    index below 0 or not below H * W * C, and an index whose channel (index mod C) is not its own.

    In its gradient each value takes the cotangent at its index; left open where an index occurs more than once, since
    the contract does not say which of the values was written. Indices have none.

    Source: M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
    https://arxiv.org/abs/1311.2901
    """
    return MAX_UNPOOL2D.values(x, indices, output_shape=output_shape, layout=layout)[0]


def avg_unpool2d(x: np.ndarray, *, window: Extents, layout: str) -> np.ndarray:
    """Each value in every position of its window; windows do not overlap (kernel = stride). No division.

    ``y[n, p, q, c] = x[n, p // window_h, q // window_w, c]``

    Arguments:
        x: pooled values, ``[N, P, Q, C]`` or ``[N, C, P, Q]`` as ``layout`` says; any dtype opassay knows.
        window: (height, width), each at least 1.
        layout: ``"NHWC"`` or ``"NCHW"``.

    Returns ``[N, P * window_h, Q * window_w, C]`` (``[N, C, ...]``), dtype as in ``max_unpool2d``.

    Raises ``ContractError`` for another rank, dtype or layout, a window below 1, and an answer of 2**48 elements
    or more.

    In its gradient each value takes the sum of the cotangents over its window.

    Source: nearest-neighbour upsampling by a whole factor,
    https://www.tensorflow.org/api_docs/python/tf/keras/layers/UpSampling2D
    """
    return AVG_UNPOOL2D.values(x, window=window, layout=layout)[0]


def _bind_max_unpool(x: np.ndarray, indices: np.ndarray, output_shape: Any, layout: str) -> Define:
    shape = _check_max_unpool(x, indices, output_shape, layout)
    form = _places(indices, shape, layout)
    return lambda x, _: contracted(form, 1, x)


def _places(indices: np.ndarray, shape: tuple[int, ...], layout: str) -> Form:
    """``Σ x[i] y[indices[i]]``, with one of several x at a place."""
    flat = once(lambda: over_batch(to_nhwc(indices, layout), math.prod(shape[1:])))

    def placed(x: np.ndarray) -> np.ndarray:
        y = np.zeros(math.prod(shape), x.dtype)
        y[flat()] = to_nhwc(x, layout)
        return y

    def unequal(x: np.ndarray) -> np.ndarray | None:
        values, written, free = to_nhwc(x, layout), placed(x)[flat()], np.zeros(math.prod(shape), bool)
        free[flat()[(written != values) & ~(np.isnan(written) & np.isnan(values))]] = True
        return from_nhwc(free.reshape(shape), layout) if free.any() else None

    def taken(y: np.ndarray) -> np.ndarray:
        return from_nhwc(to_nhwc(y, layout).ravel()[flat()], layout)

    def repeated(_: np.ndarray) -> np.ndarray | None:
        often = np.bincount(flat().ravel(), minlength=math.prod(shape))[flat()] > 1
        return from_nhwc(often, layout) if often.any() else None

    whole = shape_in_layout(shape, layout)
    there = Copies(lambda x: from_nhwc(placed(x).reshape(shape), layout), whole, unequal)
    return (Copies(taken, indices.shape, repeated), there).__getitem__


def _bind_avg_unpool(x: np.ndarray, window: Any, layout: str) -> Define:
    op = "avg_unpool2d"
    check_dtypes(op, {"x": x}, dtypes.CORE)
    check_image(op, "x", x, layout)
    height, width = per_axis(op, "window", window, 2)
    n, rows, columns, channels = shape_nhwc(x.shape, layout)
    whole = (n, rows * height, columns * width, channels)
    addressable(op, whole)

    def copied(x: np.ndarray) -> np.ndarray:
        return from_nhwc(to_nhwc(x, layout).repeat(height, axis=1).repeat(width, axis=2), layout)

    def summed(y: np.ndarray) -> np.ndarray:
        windows = to_nhwc(y, layout).reshape(n, rows, height, columns, width, channels)
        return from_nhwc(windows.sum(axis=(2, 4)), layout)

    form = (Sums(summed, x.shape), Copies(copied, shape_in_layout(whole, layout))).__getitem__
    return lambda x: contracted(form, 1, x)


def _check_max_unpool(x: np.ndarray, indices: np.ndarray, output_shape: Any, layout: str) -> tuple[int, ...]:
    """The answer's NHWC shape; raises ``ContractError`` as ``max_unpool2d`` says."""
    op = "max_unpool2d"
    check_dtypes(op, {"x": x}, dtypes.CORE)
    check_index_dtype(op, indices)
    check_image(op, "x", x, layout)
    require(
        indices.shape == x.shape,
        f"{op}: indices must have the shape {x.shape} of x, one per value, got {indices.shape}",
    )
    shape = shape_nhwc(integers(op, "output_shape", output_shape, 4, 0), layout)
    n, _, _, channels = shape_nhwc(x.shape, layout)
    addressable(op, shape)
    require(shape[0] == n, f"{op}: output_shape {output_shape} has batch {shape[0]}, but x has batch {n}")
    require(shape[3] == channels, f"{op}: output_shape {output_shape} has {shape[3]} channels, but x has {channels}")
    _check_indices(op, to_nhwc(indices, layout), math.prod(shape[1:]), channels)
    return shape


def _check_indices(op: str, indices: np.ndarray, cells: int, channels: int) -> None:
    outside = indices[(indices < 0) | (indices >= cells)]
    require(outside.size == 0, f"{op}: indices must lie in [0, {cells}), got {outside[:1].tolist()}")
    own = np.arange(channels)
    strange = indices[indices % max(channels, 1) != own]
    require(
        strange.size == 0,
        f"{op}: an index must point into its own channel (index mod {channels} = channel), got {strange[:1].tolist()}",
    )


MAX_UNPOOL2D = Definition("max_unpool2d", ("x", "indices"), _bind_max_unpool, "x")
AVG_UNPOOL2D = Definition("avg_unpool2d", "x", _bind_avg_unpool, "x", linear=True)
