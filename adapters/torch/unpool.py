"""Unpooling: ``F.max_unpool2d`` and nearest-neighbour interpolation."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.torch.layout import channels_first, restored
from opassay.adapters.torch.windows import per_axis

INTERPOLATED = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.uint8)
"""Dtypes of ``F.interpolate(mode="nearest")`` on the CPU; the others use ``repeat_interleave``."""


class UnpoolOps:
    """``max_unpool2d`` and ``avg_unpool2d`` of the common op interface."""

    def max_unpool2d(self, x: Tensor, indices: Tensor, *, output_shape: Any, layout: str) -> Tensor:
        x, indices = channels_first(x, layout), channels_first(indices, layout)
        # Only valid indices are converted; torch reports the others itself.
        indices = indices.long() if indices.dtype == torch.int32 else indices
        if len(output_shape) != 4 or x.dim() != 4:
            return F.max_unpool2d(x, indices, 1, 1, 0, output_shape)
        extents = [output_shape[axis] for axis in spatial_axes(layout)]
        plane = torch.div(indices, max(output_shape[channel_axis(layout)], 1), rounding_mode="floor")
        # torch compares output_size with that implied by a window; this window implies exactly that.
        window = [n - rows + 1 for n, rows in zip(extents, x.shape[-2:], strict=True)]
        y = F.max_unpool2d(x, plane, window, (1, 1), 0, extents)
        # This no-op reshape makes torch check batch and channels, for which it has no parameter.
        return restored(y, layout).reshape(output_shape)

    def avg_unpool2d(self, x: Tensor, *, window: Any, layout: str) -> Tensor:
        x = channels_first(x, layout)
        if x.dtype in INTERPOLATED or not per_axis(2, window) or min(window) < 1:
            return restored(F.interpolate(x, scale_factor=[float(k) for k in window], mode="nearest"), layout)
        return restored(x.repeat_interleave(window[0], -2).repeat_interleave(window[1], -1), layout)
