"""Unpooling: back from pooled values to the input's extents."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.geometry import (
    Pair,
    addressable,
    check_dtypes,
    check_image,
    check_index_dtype,
    from_nhwc,
    integers,
    over_batch,
    pair,
    require,
    shape_nhwc,
    to_nhwc,
)
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


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

    Source: M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
    https://arxiv.org/abs/1311.2901
    """
    return _max_unpool(x, indices, output_shape, layout)[0]


def avg_unpool2d(x: np.ndarray, *, window: Pair, layout: str) -> np.ndarray:
    """Each value in every position of its window; windows do not overlap (kernel = stride). No division.

    ``y[n, p, q, c] = x[n, p // window_h, q // window_w, c]``

    Arguments:
        x: pooled values, ``[N, P, Q, C]`` or ``[N, C, P, Q]`` as ``layout`` says; any dtype opassay knows.
        window: (height, width), each at least 1.
        layout: ``"NHWC"`` or ``"NCHW"``.

    Returns ``[N, P * window_h, Q * window_w, C]`` (``[N, C, ...]``), dtype as in ``max_unpool2d``.

    Raises ``ContractError`` for another rank, dtype or layout, a window below 1, and an answer of 2**48 elements
    or more.

    Source: nearest-neighbour upsampling by a whole factor,
    https://www.tensorflow.org/api_docs/python/tf/keras/layers/UpSampling2D
    """
    check_dtypes("avg_unpool2d", {"x": x}, dtypes.CORE)
    check_image("avg_unpool2d", "x", x, layout)
    height, width = pair("avg_unpool2d", "window", window)
    n, rows, columns, channels = shape_nhwc(x.shape, layout)
    addressable("avg_unpool2d", (n, rows * height, columns * width, channels))
    copies = to_nhwc(dtypes.widen(x), layout).repeat(height, axis=1).repeat(width, axis=2)
    return from_nhwc(copies, layout)


def max_unpool2d_reference(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``max_unpool2d``, to be met bit for bit but where unequal values meet."""
    x, indices = inputs
    y, free = _max_unpool(x, indices, **attributes)
    return (Reference("y", dtypes.dtype_name(x), y, free=free if free.any() else None),)


def avg_unpool2d_reference(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """``avg_unpool2d``, to be met bit for bit."""
    (x,) = inputs
    return (Reference("y", dtypes.dtype_name(x), avg_unpool2d(x, **attributes)),)


def _max_unpool(x: np.ndarray, indices: np.ndarray, output_shape: Any, layout: str) -> tuple[np.ndarray, np.ndarray]:
    """The answer, and where unequal values meet, in ``layout``."""
    shape = check_max_unpool(x, indices, output_shape, layout)
    cells = math.prod(shape[1:])
    values, flat = to_nhwc(dtypes.widen(x), layout), over_batch(to_nhwc(indices, layout), cells)
    y, free = np.zeros(math.prod(shape), values.dtype), np.zeros(math.prod(shape), bool)
    y[flat] = values
    written = y[flat]
    free[flat[(written != values) & ~(np.isnan(written) & np.isnan(values))]] = True
    return from_nhwc(y.reshape(shape), layout), from_nhwc(free.reshape(shape), layout)


def check_max_unpool(x: np.ndarray, indices: np.ndarray, output_shape: Any, layout: str) -> tuple[int, int, int, int]:
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
