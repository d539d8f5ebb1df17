"""Convolutions: ``F.conv2d`` and ``F.conv2d_transpose``, with explicit padding on each side."""

from __future__ import annotations

from typing import Any

import paddle.nn.functional as F
from paddle import Tensor

from opassay.adapters.geometry import pad_amounts, spatial_axes, unknown
from opassay.adapters.paddle.layout import flat


class ConvOps:
    """``conv2d`` and ``conv2d_transpose`` of the common op interface."""

    def conv2d(
        self, x: Tensor, w: Tensor, *, stride: Any, padding: Any, dilation: Any, groups: int, layout: str
    ) -> Tensor:
        return F.conv2d(x, w.transpose([3, 2, 0, 1]), None, stride, flat(padding), dilation, groups, layout)

    def conv2d_transpose(
        self,
        x: Tensor,
        w: Tensor,
        *,
        output_shape: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        layout: str,
    ) -> Tensor:
        """SAME is passed as numbers: Paddle's word means an answer of ``ceil(x / stride)``.

        Source: https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/nn/Conv2DTranspose_en.html
        """
        extents = list(output_shape)
        if len(output_shape) == 4:
            extents = [output_shape[axis] for axis in spatial_axes(layout)]
        if len(output_shape) == 4 and not unknown(padding):
            padding = pad_amounts(extents, w.shape[:2], stride, dilation, padding)
        w = w.transpose([3, 2, 0, 1])
        y = F.conv2d_transpose(x, w, None, stride, flat(padding), 0, dilation, groups, extents, layout)
        # This no-op reshape makes Paddle check batch and channels, for which it has no parameter.
        return y.reshape(output_shape)
