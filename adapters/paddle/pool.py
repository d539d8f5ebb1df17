"""Pools: ``F.max_pool2d`` and ``F.avg_pool2d`` with every padding that they support."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import Tensor

from opassay.adapters.paddle.layout import channels_first, flat, restored


class PoolOps:
    """``max_pool2d``, ``max_pool2d_with_argmax`` and ``avg_pool2d`` of the common op interface."""

    def max_pool2d(self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Tensor:
        return F.max_pool2d(x, window, stride, flat(padding), data_format=layout)

    def max_pool2d_with_argmax(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str
    ) -> tuple[Tensor, Tensor]:
        """Paddle's indices are those within a channel's plane, and channels must be first."""
        x = channels_first(x, layout)
        values, plane = F.max_pool2d(x, window, stride, flat(padding), return_mask=True)
        channels = x.shape[1]
        indices = plane.astype("int64") * channels + paddle.arange(channels, dtype="int64").reshape([-1, 1, 1])
        return restored(values, layout), restored(indices, layout)

    def avg_pool2d(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, count_padding: bool, layout: str
    ) -> Tensor:
        return F.avg_pool2d(x, window, stride, flat(padding), exclusive=not count_padding, data_format=layout)
