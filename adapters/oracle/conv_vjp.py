"""Vector-Jacobian products of convolution and its transpose.

Both are linear in each operand, so each gradient is a linear op of the cotangent and the other operand, and is
bounded by the same rule as the op itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from adapters.oracle.conv import bind_conv2d, bind_conv2d_transpose
from adapters.oracle.correlate import (
    correlate,
    correlate_filters,
    correlate_transposed,
    filters_may_be_nan,
    may_be_nan,
)
from adapters.oracle.cotangent import Arrays, Cotangents, Gradients, check_cotangent, no_gradients
from adapters.oracle.geometry import Windows, from_nhwc, to_nhwc
from adapters.oracle.linear import Linear, linear_reference, wide
from harness.model import dtypes
from harness.model.reference import Reference


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
    back = _Back(windows, attributes["groups"], attributes["layout"])
    dy = check_cotangent("conv2d", cotangents[0], back.answer_shape(x, w), dtypes.dtype_name(x))
    return back.images("dx", dy, w, transposed=True), back.filters("dw", x, dy)


def conv2d_transpose_vjp(attributes: Mapping[str, Any], inputs: Arrays, cotangents: Cotangents) -> Gradients:
    """Gradients of ``<dy, conv2d_transpose(x, w)>``: one ``Reference`` for ``dx`` and one for ``dw``.

    ``dx`` is ``conv2d(dy, w)``, and ``dw`` that of the convolution which takes dy to x: ``conv2d_vjp`` with the
    images in each other's place. Arguments, errors and source as there.
    """
    x, w = inputs
    _, windows = bind_conv2d_transpose(x, w, **attributes)
    if cotangents[0] is None or not dtypes.is_float(dtypes.dtype_name(x)):
        return no_gradients("xw", inputs)
    back = _Back(windows, attributes["groups"], attributes["layout"])
    dy = check_cotangent("conv2d_transpose", cotangents[0], attributes["output_shape"], dtypes.dtype_name(x))
    return back.images("dx", dy, w, transposed=False), back.filters("dw", dy, x)


class _Back:
    """Gradients over one set of windows; images are in ``layout``."""

    def __init__(self, windows: Windows, groups: int, layout: str) -> None:
        self._windows, self._groups, self._layout = windows, groups, layout

    def answer_shape(self, x: np.ndarray, w: np.ndarray) -> tuple[int, ...]:
        """The shape that ``conv2d`` of these operands gives."""
        rows, columns = self._windows.outputs
        batch, filters = x.shape[0], w.shape[3]
        return (batch, rows, columns, filters) if self._layout == "NHWC" else (batch, filters, rows, columns)

    def images(self, name: str, images: np.ndarray, w: np.ndarray, transposed: bool) -> Reference:
        """Linear in images and filters: the convolution itself or its transpose."""
        run = correlate_transposed if transposed else correlate

        def linear(images: np.ndarray, w: np.ndarray) -> np.ndarray:
            return from_nhwc(run(to_nhwc(images, self._layout), w, self._windows, self._groups), self._layout)

        reference = linear_reference(name, linear, (images, w))
        strange = self._strange(images, w)
        if strange is None:
            return reference
        nan = may_be_nan(to_nhwc(strange[0], self._layout), strange[1], self._windows, self._groups, transposed)
        return replace(reference, may_be_nan=from_nhwc(nan, self._layout))

    def filters(self, name: str, images: np.ndarray, answers: np.ndarray) -> Reference:
        """Linear in a convolution's images and answers."""

        def nhwc(run: Linear) -> Linear:
            return lambda x, y: run(to_nhwc(x, self._layout), to_nhwc(y, self._layout), self._windows, self._groups)

        reference = linear_reference(name, nhwc(correlate_filters), (images, answers))
        strange = self._strange(images, answers)
        return reference if strange is None else replace(reference, may_be_nan=nhwc(filters_may_be_nan)(*strange))

    def _strange(self, *operands: np.ndarray) -> tuple[np.ndarray, ...] | None:
        """Which elements of each operand are not finite; None if all are."""
        found = tuple(~np.isfinite(wide(operand)) for operand in operands)
        return found if any(mask.any() for mask in found) else None
