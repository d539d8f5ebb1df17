"""Vector-Jacobian products of convolution and its transpose.

Both are linear in each operand, so each gradient is a linear op of the cotangent and the other operand, and is
bounded by the same rule as the op itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.adapters.oracle.conv import bind_conv2d, bind_conv2d_transpose, images_reference, not_finite
from opassay.adapters.oracle.correlate import correlate_filters, filters_may_be_nan
from opassay.adapters.oracle.cotangent import Arrays, Cotangents, Gradients, check_cotangent, no_gradients
from opassay.adapters.oracle.geometry import Windows, shape_in_layout, to_nhwc
from opassay.adapters.oracle.linear import Linear, linear_reference
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


def conv2d_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradients of ``<dy, conv2d(x, w)>``: one ``Reference`` for ``dx`` and one for ``dw``.

    ``dx`` is ``conv2d_transpose(dy, w)`` with ``x``'s shape as its ``output_shape``; ``dw[i, j, c, o]`` sums
    ``x[n, p*stride_h + i*dilation_h - top, ...] * dy[n, p, q, o]`` over all n, p, q at which tap (i, j) meets a real
    element. ``cotangents`` holds dy, in the shape and dtype of the answer, or None. Integers have no gradient.

    Raises ``ContractError`` where ``conv2d`` does, and for a cotangent of another shape or dtype.

    Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", section 4,
    https://arxiv.org/abs/1603.07285
    """
    x, w = inputs
    _, windows = bind_conv2d(x, w, **attributes)
    if cotangents[0] is None or not dtypes.is_float(dtypes.dtype_name(x)):
        return no_gradients("xw", inputs)
    shape = shape_in_layout((x.shape[0], *windows.outputs, w.shape[3]), attributes["layout"])
    dy = check_cotangent("conv2d", cotangents[0], shape, dtypes.dtype_name(x))
    dx = images_reference("dx", windows, True, attributes, (dy, w))
    return dx, _filters_reference(windows, attributes, x, dy)


def conv2d_transpose_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradients of ``<dy, conv2d_transpose(x, w)>``: one ``Reference`` for ``dx`` and one for ``dw``.

    ``dx`` is ``conv2d(dy, w)``, and ``dw`` that of the convolution which takes dy to x: ``conv2d_vjp`` with the
    images in each other's place. Arguments, errors and source as there.
    """
    x, w = inputs
    _, windows = bind_conv2d_transpose(x, w, **attributes)
    if cotangents[0] is None or not dtypes.is_float(dtypes.dtype_name(x)):
        return no_gradients("xw", inputs)
    dy = check_cotangent("conv2d_transpose", cotangents[0], attributes["output_shape"], dtypes.dtype_name(x))
    dx = images_reference("dx", windows, False, attributes, (dy, w))
    return dx, _filters_reference(windows, attributes, dy, x)


def _filters_reference(
    windows: Windows, attributes: Mapping[str, Any], images: np.ndarray, answers: np.ndarray
) -> Reference:
    """``dw``: linear in a convolution's images and answers."""
    groups, layout = attributes["groups"], attributes["layout"]

    def nhwc(run: Linear) -> Linear:
        return lambda x, y: run(to_nhwc(x, layout), to_nhwc(y, layout), windows, groups)

    reference = linear_reference("dw", nhwc(correlate_filters), (images, answers))
    strange = not_finite((images, answers))
    return reference if strange is None else replace(reference, may_be_nan=nhwc(filters_may_be_nan)(*strange))
