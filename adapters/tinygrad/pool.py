"""Pools and their inverses: tinygrad's own, with padding on each side."""

from __future__ import annotations

from typing import Any

from tinygrad import Tensor, dtypes

from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.tinygrad.layout import channels_first, flat_padding, restored


class PoolOps:
    """Pools and unpools of the common op interface."""

    def max_pool2d(self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Tensor:
        x = channels_first(x, layout)
        around = flat_padding(x.shape[-2:], window, stride, dilation, padding)
        return restored(x.max_pool2d(window, stride, dilation, around), layout)

    def max_pool2d_with_argmax(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str
    ) -> tuple[Tensor, Tensor]:
        x = channels_first(x, layout)
        around = flat_padding(x.shape[-2:], window, stride, dilation, padding)
        values, plane = x.max_pool2d(window, stride, dilation, around, return_indices=True)
        channels = x.shape[1]
        indices = plane.cast(dtypes.int64) * channels + Tensor.arange(channels, dtype=dtypes.int64).reshape(-1, 1, 1)
        return restored(values, layout), restored(indices, layout)

    def avg_pool2d(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, count_padding: bool, layout: str
    ) -> Tensor:
        x = channels_first(x, layout)
        around = flat_padding(x.shape[-2:], window, stride, (1, 1), padding)
        y = x.avg_pool2d(window, stride, padding=around, count_include_pad=count_padding)
        return restored(y, layout)

    def max_unpool2d(self, x: Tensor, indices: Tensor, *, output_shape: Any, layout: str) -> Tensor:
        x, indices = channels_first(x, layout), channels_first(indices, layout)
        if len(output_shape) != 4:
            return x.max_unpool2d(indices, output_size=tuple(output_shape))
        extents = tuple(output_shape[axis] for axis in spatial_axes(layout))
        plane = indices // max(output_shape[channel_axis(layout)], 1)
        # This no-op reshape makes tinygrad check batch and channels, for which it has no parameter.
        return restored(x.max_unpool2d(plane, output_size=extents), layout).reshape(output_shape)

    def avg_unpool2d(self, x: Tensor, *, window: Any, layout: str) -> Tensor:
        for axis, count in zip(spatial_axes(layout), window, strict=False):
            x = x.repeat_interleave(count, axis)
        return x
