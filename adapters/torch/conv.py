"""Convolutions: ``F.conv2d`` and ``F.conv_transpose2d``, padded from outside only where torch cannot."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from adapters.geometry import effective, pad_amounts, spatial_axes, unknown
from adapters.torch.layout import channels_first, filters_first, pairs, restored


class ConvOps:
    """``conv2d`` and ``conv2d_transpose`` of the common op interface."""

    def conv2d(
        self, x: Tensor, w: Tensor, *, stride: Any, padding: Any, dilation: Any, groups: int, layout: str
    ) -> Tensor:
        x, w = channels_first(x, layout), filters_first(w)
        x, inner = _inner_padding(x, w, stride, padding, dilation)
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


def _inner_padding(x: Tensor, w: Tensor, stride: Any, padding: Any, dilation: Any) -> tuple[Tensor, Any]:
    """``x``, padded if need be, and what is left for ``F.conv2d``'s own ``padding``."""
    if isinstance(padding, str) and (padding != "SAME" or tuple(stride) == (1, 1)):
        return x, padding.lower()
    if not pairs(stride, dilation):
        return x, 0
    (top, bottom), (left, right) = pad_amounts(x.shape[-2:], w.shape[-2:], stride, dilation, padding)
    if (top, left) == (bottom, right):
        return x, (top, left)
    if min(top, bottom, left, right) < 0:
        return x, (min(top, bottom), min(left, right))
    return F.pad(x, (left, right, top, bottom)), 0


def _transposed(
    x: Tensor, w: Tensor, extents: list[int], stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    """Crop by torch's symmetric ``padding``, then slice what asymmetric padding takes off besides.

    ``output_padding`` says which of the ``stride`` possible extents is meant; outside 0 ≤ . < stride no
    convolution of ``extents`` gives ``x``, and torch is left to say so.
    """
    pads = pad_amounts(extents, w.shape[-2:], stride, dilation, padding)
    inner = tuple(min(pad) for pad in pads)
    extra = tuple(
        n + low + high - effective(k, d) - (rows - 1) * s
        for n, (low, high), k, d, rows, s in zip(
            extents, pads, w.shape[-2:], dilation, x.shape[-2:], stride, strict=True
        )
    )
    y = F.conv_transpose2d(x, w, None, stride, inner, extra, groups, dilation)
    for axis, n, (low, high), taken in zip((-2, -1), extents, pads, inner, strict=True):
        if low != high:
            y = y.narrow(axis, low - taken, n)
    return y
