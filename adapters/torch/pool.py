"""Pools: torch's own kernels with their symmetric padding wherever that can express the windows.

``own_padding`` finds how; where none exists (padding beyond half the window) the windows are read as
a stack of strided slices, one per tap, so that padding can never take part.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from opassay.adapters.geometry import taps
from opassay.adapters.torch.layout import channels_first, restored
from opassay.adapters.torch.windows import OwnPadding, expressible, extents_of, offending, own_padding, pads_of


class PoolOps:
    """``max_pool2d``, ``max_pool2d_with_argmax`` and ``avg_pool2d`` of the common op interface."""

    def max_pool2d(self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Tensor:
        x = channels_first(x, layout)
        pads = pads_of(x.shape[-2:], window, stride, padding, dilation)
        if not expressible(x.shape[-2:], window, stride, dilation, pads):
            return F.max_pool2d(x, window, stride, offending(pads, padding), dilation)
        own = own_padding(x.shape[-2:], window, stride, dilation, pads)
        if own is None:
            return restored(_tap_stack(x, window, stride, dilation, pads)[0], layout)
        return restored(_crop(F.max_pool2d(x, window, stride, own.padding, dilation, own.ceil_mode), own), layout)

    def max_pool2d_with_argmax(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str
    ) -> tuple[Tensor, Tensor]:
        x = channels_first(x, layout)
        pads = pads_of(x.shape[-2:], window, stride, padding, dilation)
        if not expressible(x.shape[-2:], window, stride, dilation, pads):
            return F.max_pool2d(x, window, stride, offending(pads, padding), dilation, return_indices=True)
        own = own_padding(x.shape[-2:], window, stride, dilation, pads)
        if own is None:
            values, plane = _tap_stack(x, window, stride, dilation, pads)
        else:
            both = F.max_pool2d(x, window, stride, own.padding, dilation, own.ceil_mode, return_indices=True)
            values, plane = (_crop(y, own) for y in both)
        channels = x.shape[-3]
        indices = plane * channels + torch.arange(channels, device=x.device).view(-1, 1, 1)
        return restored(values, layout), restored(indices, layout)

    def avg_pool2d(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, count_padding: bool, layout: str
    ) -> Tensor:
        x, ones = channels_first(x, layout), (1, 1)
        pads = pads_of(x.shape[-2:], window, stride, padding, ones)
        if not expressible(x.shape[-2:], window, stride, ones, pads):
            return F.avg_pool2d(x, window, stride, offending(pads, padding), False, count_padding)
        own = own_padding(x.shape[-2:], window, stride, ones, pads)
        if own is None:
            return restored(_padded_average(x, window, stride, pads, count_padding), layout)
        # Windows that ceil_mode adds reach past the padding, which torch then counts only in part.
        whole = window[0] * window[1] if own.ceil_mode and count_padding else None
        y = F.avg_pool2d(x, window, stride, own.padding, own.ceil_mode, count_padding, whole)
        return restored(_crop(y, own), layout)


def _crop(y: Tensor, own: OwnPadding) -> Tensor:
    for axis, first, kept in zip((-2, -1), own.first, own.kept, strict=True):
        y = y if first == 0 and kept == y.shape[axis] else y.narrow(axis, first, kept)
    return y


def _slices(x: Tensor, window: Any, stride: Any, dilation: Any, out: tuple[int, int]) -> Tensor:
    """``[taps, ..., rows, columns]``: what each position of the window sees of a padded ``x``."""
    rows, columns = ((n - 1) * s + 1 for n, s in zip(out, stride, strict=True))
    starts = ((i * dilation[0], j * dilation[1]) for i, j in taps(window))
    return torch.stack([x[..., i : i + rows : stride[0], j : j + columns : stride[1]] for i, j in starts])


def _tap_stack(x: Tensor, window: Any, stride: Any, dilation: Any, pads: Any) -> tuple[Tensor, Tensor]:
    """Maximum and its index ``y * W + x``: the first of equals, the first NaN if there is one.

    The value is gathered at the index, so its gradient goes there and nowhere else.
    """
    (top, bottom), (left, right) = pads
    around = (left, right, top, bottom)
    height, width = x.shape[-2:]
    out = extents_of((height, width), window, stride, dilation, pads)
    lowest = -torch.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    plane = torch.arange(height * width, device=x.device).view(height, width)
    seen = _slices(F.pad(x.detach(), around, value=lowest), window, stride, dilation, out)
    index = _slices(F.pad(plane, around, value=-1), window, stride, dilation, out)
    index = index.view(-1, *(1,) * (x.dim() - 2), *out)
    nan = seen.isnan()
    largest = torch.where(nan, lowest, seen).amax(0)
    chosen = torch.where(nan.any(0), nan, seen == largest) & (index >= 0)
    first = torch.where(chosen, index, height * width - 1).amin(0)
    values = x.flatten(-2).gather(-1, first.flatten(-2)).view(first.shape)
    return values, first


def _padded_average(x: Tensor, window: Any, stride: Any, pads: Any, count_padding: bool) -> Tensor:
    """Zeros around ``x``, summed by torch's own pool, divided by the window or by the real elements in it."""
    (top, bottom), (left, right) = pads
    around = (left, right, top, bottom)
    padded = F.pad(x, around)
    if count_padding:
        return F.avg_pool2d(padded, window, stride)
    real = F.pad(torch.ones((1, *x.shape[-2:]), dtype=x.dtype, device=x.device), around)
    total, count = (F.avg_pool2d(t, window, stride, divisor_override=1) for t in (padded, real))
    return total / count
