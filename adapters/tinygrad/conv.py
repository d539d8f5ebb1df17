"""Convolutions: ``Tensor.conv2d`` and ``Tensor.conv_transpose2d``."""

from __future__ import annotations

from typing import Any

from tinygrad import Tensor

from opassay.adapters.geometry import effective, spatial_axes, unknown
from opassay.adapters.tinygrad.layout import channels_first, flat_padding, restored


class ConvOps:
    """``conv2d`` and ``conv2d_transpose`` of the common op interface."""

    def conv2d(
        self, x: Tensor, w: Tensor, *, stride: Any, padding: Any, dilation: Any, groups: int, layout: str
    ) -> Tensor:
        x, w = channels_first(x, layout), w.permute(3, 2, 0, 1)
        around = flat_padding(x.shape[-2:], w.shape[-2:], stride, dilation, padding)
        return restored(x.conv2d(w, None, groups, stride, dilation, around), layout)

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
        """tinygrad has ``output_padding``, not ``output_shape``."""
        x, w = channels_first(x, layout), w.permute(3, 2, 0, 1)
        if unknown(padding) or len(output_shape) != 4:
            y = x.conv_transpose2d(w, None, groups, stride, dilation, padding if unknown(padding) else 0)
        else:
            extents = [output_shape[axis] for axis in spatial_axes(layout)]
            left, right, top, bottom = around = flat_padding(extents, w.shape[-2:], stride, dilation, padding)
            more = tuple(
                n + pads - effective(k, d) - (rows - 1) * s
                for n, pads, k, s, d, rows in zip(
                    extents, (top + bottom, left + right), w.shape[-2:], stride, dilation, x.shape[-2:], strict=True
                )
            )
            y = x.conv_transpose2d(w, None, groups, stride, dilation, around, more)
        # This no-op reshape makes tinygrad check batch and channels, for which it has no parameter.
        return restored(y, layout).reshape(output_shape)
