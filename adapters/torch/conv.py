"""Convolutions: ``F.conv2d`` and ``F.conv_transpose2d``, padded from outside only where torch cannot."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from opassay.adapters.geometry import spatial_axes, unknown
from opassay.adapters.torch.layout import channels_first, filters_first, restored
from opassay.adapters.torch.windows import inner_padding, pairs, transposed


class ConvOps:
    """``conv2d`` and ``conv2d_transpose`` of the common op interface."""

    def conv2d(
        self, x: Tensor, w: Tensor, *, stride: Any, padding: Any, dilation: Any, groups: int, layout: str
    ) -> Tensor:
        x, w = channels_first(x, layout), filters_first(w)
        around, inner = inner_padding(x.shape[-2:], w.shape[-2:], stride, padding, dilation)
        x = x if around is None else F.pad(x, around)
        return restored(F.conv2d(x, w, None, stride, inner, dilation, groups), layout)

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
        x, w = channels_first(x, layout), filters_first(w)
        if unknown(padding):
            y = F.conv_transpose2d(x, w, None, stride, padding, 0, groups, dilation)
        elif len(output_shape) != 4 or not pairs(stride, dilation):
            y = F.conv_transpose2d(x, w, None, stride, 0, 0, groups, dilation)
        else:
            extents = [output_shape[axis] for axis in spatial_axes(layout)]
            y = _transposed(x, w, extents, stride, padding, dilation, groups)
        # The reshape changes nothing; it lets torch compare batch and channels, which it has no parameter for.
        return restored(y, layout).reshape(output_shape)


def _transposed(
    x: Tensor, w: Tensor, extents: list[int], stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    """torch crops by its symmetric ``padding``; what asymmetric padding takes off besides is sliced."""
    crop = transposed(extents, w.shape[-2:], x.shape[-2:], stride, padding, dilation)
    y = F.conv_transpose2d(x, w, None, stride, crop.padding, crop.output_padding, groups, dilation)
    for axis, n, first in zip((-2, -1), extents, crop.first, strict=True):
        if first is not None:
            y = y.narrow(axis, first, n)
    return y
