"""Vector-Jacobian products of the pools: sums, over the windows an element belongs to, of what comes back to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.adapters.oracle.cotangent import Arrays, Cotangents, Gradients, check_cotangent, no_gradients
from opassay.adapters.oracle.geometry import Windows, from_nhwc, over_batch, shape_in_layout, to_nhwc
from opassay.adapters.oracle.linear import linear_reference
from opassay.adapters.oracle.pool import avg_windows, divisors, max_pool
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


def max_pool2d_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradient of ``<dy, max_pool2d(x)>``: each cotangent goes to its window's first maximum, or first NaN.

    What several windows send to one element adds up. Left free altogether where some window holds no real
    element, since the contract does not say what that window's value depends on. Integers have no gradient.

    ``cotangents`` holds dy, in the shape and dtype of the answer, or None. Raises ``ContractError`` where
    ``max_pool2d`` does, and for a cotangent of another shape or dtype.

    Source: M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
    https://arxiv.org/abs/1311.2901 (the recorded "switches"); ties as in
    https://www.tensorflow.org/api_docs/python/tf/nn/max_pool_with_argmax
    """
    return _located("max_pool2d", attributes, inputs, cotangents[0])


def max_pool2d_with_argmax_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradient of ``<dvalues, values>``, as in ``max_pool2d_vjp``; the indices take no cotangent."""
    return _located("max_pool2d_with_argmax", attributes, inputs, cotangents[0])


def avg_pool2d_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradient of ``<dy, avg_pool2d(x)>``: every real element of a window gets the cotangent over the divisor.

    The divisor is the one of the forward pass. Arguments and errors as in ``max_pool2d_vjp``.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn/avg_pool2d (its divisor)
    """
    (x,) = inputs
    windows, layout = avg_windows(x, **attributes), attributes["layout"]
    if cotangents[0] is None:
        return no_gradients("x", inputs)
    batch, _, _, channels = to_nhwc(x, layout).shape
    pooled = (batch, *windows.outputs, channels)
    dy = check_cotangent("avg_pool2d", cotangents[0], shape_in_layout(pooled, layout), dtypes.dtype_name(x))
    counts = divisors(windows, attributes["count_padding"], pooled, "NHWC")

    def spread(dy: np.ndarray) -> np.ndarray:
        return from_nhwc(_sum_back(to_nhwc(dy, layout) / counts, windows), layout)

    def hits(dy: np.ndarray) -> np.ndarray:
        return from_nhwc(_sum_back(to_nhwc(dy, layout), windows), layout)

    terms = hits(np.ones(dy.shape)).astype(np.int64)
    unit = from_nhwc(_least_unit(counts, windows), layout)
    # A coefficient 1 / count is rounded, and so is its product with the cotangent.
    return (replace(linear_reference("dx", spread, (dy,)), terms=terms, unit=unit, roundings=2),)


def _located(op: str, attributes: Mapping[str, Any], inputs: Arrays, dy: np.ndarray | None) -> Gradients:
    (x,) = inputs
    _, indices, free = max_pool(op, x, **attributes)
    dtype = dtypes.dtype_name(x)
    if dy is None or not dtypes.is_float(dtype):
        return no_gradients("x", inputs)
    dy = check_cotangent(op, dy, indices.shape, dtype)
    if free is not None and free.any():
        return (Reference("dx", dtype, np.zeros(x.shape), free=np.ones(x.shape, dtype=bool)),)
    layout = attributes["layout"]
    shape = to_nhwc(x, layout).shape
    flat = over_batch(to_nhwc(indices, layout), math.prod(shape[1:]))

    def linear(dy: np.ndarray) -> np.ndarray:
        dx = np.zeros(math.prod(shape), dtype=dy.dtype)
        np.add.at(dx, flat.ravel(), to_nhwc(dy, layout).ravel())
        return from_nhwc(dx.reshape(shape), layout)

    return (linear_reference("dx", linear, (dy,)),)


def _sum_back(dy: np.ndarray, windows: Windows) -> np.ndarray:
    """Each element's sum over the windows that it is a real element of; NHWC."""
    dx = np.zeros((dy.shape[0], *windows.extents, dy.shape[3]), dtype=dy.dtype)
    for tap in windows.taps():
        dx[:, *tap.inputs] += dy[:, *tap.outputs]
    return dx


def _least_unit(counts: np.ndarray, windows: Windows) -> np.ndarray:
    """The smallest 1 / count that reaches each element, NaN where one is no power of two; NHWC."""
    mantissa, _ = np.frexp(counts)
    units = np.where(mantissa == 0.5, 1.0 / counts, np.nan)
    least = np.ones((counts.shape[0], *windows.extents, counts.shape[3]))
    for tap in windows.taps():
        here = (slice(None), *tap.inputs)
        least[here] = np.minimum(least[here], units[:, *tap.outputs])
    return least
