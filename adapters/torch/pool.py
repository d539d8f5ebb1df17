"""Pools: torch's own kernels with their symmetric padding wherever that can express the windows.

``own_padding`` finds how; where none exists (padding beyond half the window) the windows are read as
a stack of strided slices, one per tap, so that padding can never take part.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from opassay.adapters.geometry import taps
from opassay.adapters.torch.layout import channels_first, restored
from opassay.adapters.torch.windows import OwnPadding, around, expressible, extents_of, offending, own_padding, pads_of

MAXIMA = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVERAGES = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
"""By the number of spatial axes."""


class PoolOps:
    """The pools of the common op interface."""

    def max_pool2d(self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Tensor:
        x, pool = channels_first(x, layout), MAXIMA[len(layout) - 2]
        extents = x.shape[2 - len(layout) :]
        pads = pads_of(extents, window, stride, padding, dilation)
        if not expressible(extents, window, stride, dilation, pads):
            return pool(x, window, stride, offending(pads, padding), dilation)
        own = own_padding(extents, window, stride, dilation, pads)
        if own is None:
            return restored(_tap_stack(x, window, stride, dilation, pads)[0], layout)
        return restored(_crop(pool(x, window, stride, own.padding, dilation, own.ceil_mode), own), layout)

    max_pool1d = max_pool3d = max_pool2d

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
        x, axes = channels_first(x, layout), len(layout) - 2
        extents, ones = x.shape[-axes:], (1,) * axes
        pads = pads_of(extents, window, stride, padding, ones)
        if not expressible(extents, window, stride, ones, pads):
            return AVERAGES[axes](x, window, stride, offending(pads, padding), False, count_padding)
        own = own_padding(extents, window, stride, ones, pads)
        # Windows that ceil_mode adds reach past the padding, which torch then counts only in part; of one axis torch
        # takes no other divisor.
        whole = math.prod(window) if own is not None and own.ceil_mode and count_padding else None
        if own is None or (whole and axes == 1):
            return restored(_padded_average(x, window, stride, pads, count_padding), layout)
        other = () if axes == 1 else (whole,)
        y = AVERAGES[axes](x, window, stride, own.padding, own.ceil_mode, count_padding, *other)
        return restored(_crop(y, own), layout)

    avg_pool1d = avg_pool3d = avg_pool2d


def _crop(y: Tensor, own: OwnPadding) -> Tensor:
    for axis, (first, kept) in enumerate(zip(own.first, own.kept, strict=True), -len(own.kept)):
        y = y if first == 0 and kept == y.shape[axis] else y.narrow(axis, first, kept)
    return y


def _slices(x: Tensor, window: Any, stride: Any, dilation: Any, out: tuple[int, ...]) -> Tensor:
    """``[taps, ..., *out]``: the elements of a padded ``x`` at each position of the window."""
    reach = [(n - 1) * s + 1 for n, s in zip(out, stride, strict=True)]
    starts = ([place * d for place, d in zip(tap, dilation, strict=True)] for tap in taps(window))
    return torch.stack(
        [x[(..., *(slice(i, i + n, s) for i, n, s in zip(start, reach, stride, strict=True)))] for start in starts]
    )


def _tap_stack(x: Tensor, window: Any, stride: Any, dilation: Any, pads: Any) -> tuple[Tensor, Tensor]:
    """The maximum and its index in a plane, ``y * W + x``: the first of equals, or the first NaN.

    The value is gathered at the index, so its gradient goes there and nowhere else.
    """
    axes = len(window)
    extents = x.shape[-axes:]
    out, cells = extents_of(extents, window, stride, dilation, pads), math.prod(extents)
    lowest = -torch.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    plane = torch.arange(cells, device=x.device).view(extents)
    seen = _slices(F.pad(x.detach(), around(pads), value=lowest), window, stride, dilation, out)
    index = _slices(F.pad(plane, around(pads), value=-1), window, stride, dilation, out)
    index = index.view(-1, *(1,) * (x.dim() - axes), *out)
    nan = seen.isnan()
    largest = torch.where(nan, lowest, seen).amax(0)
    chosen = torch.where(nan.any(0), nan, seen == largest) & (index >= 0)
    first = torch.where(chosen, index, cells - 1).amin(0)
    values = x.flatten(-axes).gather(-1, first.flatten(-axes)).view(first.shape)
    return values, first


def _padded_average(x: Tensor, window: Any, stride: Any, pads: Any, count_padding: bool) -> Tensor:
    """``x`` padded with zeros, averaged by torch's own pool, divided by the window's size or its real elements."""
    axes = len(window)
    padded = F.pad(x, around(pads))
    if count_padding:
        return AVERAGES[axes](padded, window, stride)
    real = F.pad(torch.ones((1, *x.shape[-axes:]), dtype=x.dtype, device=x.device), around(pads))
    total, count = (_sums(t, window, stride) for t in (padded, real))
    return total / count


def _sums(x: Tensor, window: Any, stride: Any) -> Tensor:
    if len(window) > 1:
        return AVERAGES[len(window)](x, window, stride, divisor_override=1)
    # For one axis, torch has no other divisor than the window, and an average is rounded.
    return F.avg_pool2d(x.unsqueeze(-2), (1, *window), (1, *stride), divisor_override=1).squeeze(-2)
