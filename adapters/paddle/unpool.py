"""Unpooling: ``F.max_unpool2d`` and nearest-neighbour interpolation."""

from __future__ import annotations

from typing import Any

import paddle.nn.functional as F
from paddle import Tensor

from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.paddle.layout import channels_first, restored


class UnpoolOps:
    """``max_unpool2d`` and ``avg_unpool2d`` of the common op interface."""

    def max_unpool2d(self, x: Tensor, indices: Tensor, *, output_shape: Any, layout: str) -> Tensor:
        if len(output_shape) != 4 or x.ndim != 4:
            return F.max_unpool2d(x, indices, 1, 1, 0, output_size=list(output_shape))
        x, indices = channels_first(x, layout), channels_first(indices, layout)
        extents = [output_shape[axis] for axis in spatial_axes(layout)]
        plane = indices // max(output_shape[channel_axis(layout)], 1)
        # Paddle compares output_size with that implied by a window; this window implies exactly that.
        window = [n - rows + 1 for n, rows in zip(extents, x.shape[-2:], strict=True)]
        y = F.max_unpool2d(x, plane, window, 1, 0, output_size=extents)
        # This no-op reshape makes Paddle check batch and channels, for which it has no parameter.
        return restored(y, layout).reshape(output_shape)

    def avg_unpool2d(self, x: Tensor, *, window: Any, layout: str) -> Tensor:
        return F.interpolate(x, scale_factor=list(window), mode="nearest", data_format=layout)
