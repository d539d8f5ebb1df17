"""Convolutions: ``F.conv2d``, ``F.conv_transpose2d`` and their kin, padded separately only where torch cannot."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from opassay.adapters.geometry import spatial_axes, unknown
from opassay.adapters.torch.layout import channels_first, filters_first, restored
from opassay.adapters.torch.windows import inner_padding, per_axis, transposed

CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSES = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
"""By the number of spatial axes."""


class ConvOps:
    """The convolutions of the common op interface, and their transposes."""

    def conv2d(
        self, x: Tensor, w: Tensor, *, stride: Any, padding: Any, dilation: Any, groups: int, layout: str
    ) -> Tensor:
        x, w = channels_first(x, layout), filters_first(w, layout)
        axes = len(layout) - 2
        around, inner = inner_padding(x.shape[-axes:], w.shape[-axes:], stride, padding, dilation)
        x = x if around is None else F.pad(x, around)
        return restored(CONVOLUTIONS[axes](x, w, None, stride, inner, dilation, groups), layout)

    conv1d = conv3d = conv2d

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
        x, w = channels_first(x, layout), filters_first(w, layout)
        if unknown(padding):
            y = TRANSPOSES[len(layout) - 2](x, w, None, stride, padding, 0, groups, dilation)
        elif len(output_shape) != len(layout) or not per_axis(len(layout) - 2, stride, dilation):
            y = TRANSPOSES[len(layout) - 2](x, w, None, stride, 0, 0, groups, dilation)
        else:
            extents = [output_shape[axis] for axis in spatial_axes(layout)]
            y = _transposed(x, w, extents, stride, padding, dilation, groups)
        # This no-op reshape makes torch check batch and channels, for which it has no parameter.
        return restored(y, layout).reshape(output_shape)

    conv_transpose1d = conv_transpose3d = conv2d_transpose


def _transposed(
    x: Tensor, w: Tensor, extents: list[int], stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    """torch crops by its symmetric ``padding``; the rest of asymmetric padding is sliced off."""
    axes = len(extents)
    crop = transposed(extents, w.shape[-axes:], x.shape[-axes:], stride, padding, dilation)
    y = TRANSPOSES[axes](x, w, None, stride, crop.padding, crop.output_padding, groups, dilation)
    for axis, (n, first) in enumerate(zip(extents, crop.first, strict=True), -axes):
        if first is not None:
            y = y.narrow(axis, first, n)
    return y
