"""Vector-Jacobian products of the unpoolings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from opassay.adapters.oracle.cotangent import Arrays, Cotangents, Gradients, check_cotangent, no_gradients
from opassay.adapters.oracle.geometry import from_nhwc, over_batch, to_nhwc
from opassay.adapters.oracle.linear import linear_reference
from opassay.adapters.oracle.unpool import avg_unpool2d, check_max_unpool
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference, unconnected


def max_unpool2d_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradient of ``<dy, max_unpool2d(x, indices)>``: each value takes the cotangent at its index.

    Left free where an index occurs more than once: which of the values was written, the contract does not say.
    The indices have no gradient, nor have integers. ``cotangents`` holds dy, in the shape and dtype of the answer,
    or None. Raises ``ContractError`` where ``max_unpool2d`` does, and for a cotangent of another shape or dtype.

    Source: M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
    https://arxiv.org/abs/1311.2901
    """
    x, indices = inputs
    layout, dtype = attributes["layout"], dtypes.dtype_name(x)
    shape = check_max_unpool(x, indices, **attributes)
    if cotangents[0] is None or not dtypes.is_float(dtype):
        return no_gradients(("x", "indices"), inputs)
    dy = check_cotangent("max_unpool2d", cotangents[0], attributes["output_shape"], dtype)
    cells = math.prod(shape[1:])
    flat = over_batch(to_nhwc(indices, layout), cells)
    taken = to_nhwc(dtypes.widen(dy), layout).ravel()[flat]
    repeated = from_nhwc(np.bincount(flat.ravel(), minlength=cells * shape[0])[flat] > 1, layout)
    dx = Reference("dx", dtype, from_nhwc(taken, layout), free=repeated if repeated.any() else None)
    return dx, unconnected("dindices", dtypes.dtype_name(indices))


def avg_unpool2d_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradient of ``<dy, avg_unpool2d(x)>``: each value takes the sum of the cotangents over its window.

    Arguments and errors as in ``max_unpool2d_vjp``.

    Source: the transpose of https://www.tensorflow.org/api_docs/python/tf/keras/layers/UpSampling2D
    """
    (x,) = inputs
    layout, dtype = attributes["layout"], dtypes.dtype_name(x)
    shape = avg_unpool2d(x, **attributes).shape
    if cotangents[0] is None or not dtypes.is_float(dtype):
        return no_gradients("x", inputs)
    dy = check_cotangent("avg_unpool2d", cotangents[0], shape, dtype)
    height, width = attributes["window"]

    def linear(dy: np.ndarray) -> np.ndarray:
        batch, rows, columns, channels = to_nhwc(dy, layout).shape
        windows = to_nhwc(dy, layout).reshape(batch, rows // height, height, columns // width, width, channels)
        return from_nhwc(windows.sum(axis=(2, 4)), layout)

    return (linear_reference("dx", linear, (dy,)),)
