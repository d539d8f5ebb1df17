"""Pools: torch's own kernels with their symmetric padding wherever that can express the windows.

``_own_padding`` finds how; where none exists (padding beyond half the window) the windows are read as
a stack of strided slices, one per tap, so that padding can never take part.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from adapters.geometry import effective, output_extent, pad_amounts, taps
from adapters.torch.layout import channels_first, pairs, restored


class OwnPadding(NamedTuple):
    """Symmetric padding for torch whose windows hold ours: skip ``first``, keep ``kept`` (per axis)."""

    padding: tuple[int, int]
    first: tuple[int, int]
    kept: tuple[int, int]
    ceil_mode: bool

    def crop(self, y: Tensor) -> Tensor:
        for axis, first, kept in zip((-2, -1), self.first, self.kept, strict=True):
            y = y if first == 0 and kept == y.shape[axis] else y.narrow(axis, first, kept)
        return y


class PoolOps:
    """``max_pool2d``, ``max_pool2d_with_argmax`` and ``avg_pool2d`` of the common op interface."""

    def max_pool2d(self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Tensor:
        x = channels_first(x, layout)
        pads = _pads(x, window, stride, padding, dilation)
        if not _expressible(x, window, stride, dilation, pads):
            return F.max_pool2d(x, window, stride, _offending(pads, padding), dilation)
        own = _own_padding(x.shape[-2:], window, stride, dilation, pads)
        if own is None:
            return restored(_tap_stack(x, window, stride, dilation, pads)[0], layout)
        return restored(own.crop(F.max_pool2d(x, window, stride, own.padding, dilation, own.ceil_mode)), layout)

    def max_pool2d_with_argmax(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str
    ) -> tuple[Tensor, Tensor]:
        x = channels_first(x, layout)
        pads = _pads(x, window, stride, padding, dilation)
        if not _expressible(x, window, stride, dilation, pads):
            return F.max_pool2d(x, window, stride, _offending(pads, padding), dilation, return_indices=True)
        own = _own_padding(x.shape[-2:], window, stride, dilation, pads)
        if own is None:
            values, plane = _tap_stack(x, window, stride, dilation, pads)
        else:
            both = F.max_pool2d(x, window, stride, own.padding, dilation, own.ceil_mode, return_indices=True)
            values, plane = (own.crop(y) for y in both)
        channels = x.shape[-3]
        indices = plane * channels + torch.arange(channels, device=x.device).view(-1, 1, 1)
        return restored(values, layout), restored(indices, layout)

    def avg_pool2d(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, count_padding: bool, layout: str
    ) -> Tensor:
        x, ones = channels_first(x, layout), (1, 1)
        pads = _pads(x, window, stride, padding, ones)
        if not _expressible(x, window, stride, ones, pads):
            return F.avg_pool2d(x, window, stride, _offending(pads, padding), False, count_padding)
        own = _own_padding(x.shape[-2:], window, stride, ones, pads)
        if own is None:
            return restored(_padded_average(x, window, stride, pads, count_padding), layout)
        # Windows that ceil_mode adds reach past the padding, which torch then counts only in part.
        whole = window[0] * window[1] if own.ceil_mode and count_padding else None
        y = F.avg_pool2d(x, window, stride, own.padding, own.ceil_mode, count_padding, whole)
        return restored(own.crop(y), layout)


def _pads(x: Tensor, window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """((top, bottom), (left, right)), or ``padding`` itself where it cannot be understood."""
    if not pairs(window, stride, dilation) or (isinstance(padding, str) and padding not in ("SAME", "VALID")):
        return padding
    return pad_amounts(x.shape[-2:], window, stride, dilation, padding)


def _expressible(x: Tensor, window: Any, stride: Any, dilation: Any, pads: Any) -> bool:
    """Whether windows exist at all; if not, torch hears the attributes as they are."""
    if isinstance(pads, str) or not pairs(window, stride, dilation):
        return False
    spans = [effective(k, d) for k, d in zip(window, dilation, strict=True)]
    fits = all(0 <= pad < span for both, span in zip(pads, spans, strict=True) for pad in both)
    return fits and min(*stride, *dilation) > 0 and min(_extents(x.shape[-2:], window, stride, dilation, pads)) > 0


def _offending(pads: Any, padding: Any) -> Any:
    """Of two unequal pads the one that torch should see: a negative one, else the larger."""
    if isinstance(pads, str):
        return padding
    return tuple(min(both) if min(both) < 0 else max(both) for both in pads)


def _extents(extents: Any, window: Any, stride: Any, dilation: Any, pads: Any) -> tuple[int, int]:
    rows, columns = (
        output_extent(n + sum(pad), k, s, d)
        for n, pad, k, s, d in zip(extents, pads, window, stride, dilation, strict=True)
    )
    return rows, columns


def _own_padding(extents: Any, window: Any, stride: Any, dilation: Any, pads: Any) -> OwnPadding | None:
    """How torch's kernel can compute these windows, or None.

    torch pads both sides alike, by at most half the window. Windows at ``-low + i * stride`` are also among
    those of any larger padding ``low + j * stride``, and ``ceil_mode`` adds a last one past the far side.
    """
    kept = _extents(extents, window, stride, dilation, pads)
    axes = [
        _own_axis(n, k, s, effective(k, d), low, out)
        for n, k, s, d, (low, _), out in zip(extents, window, stride, dilation, pads, kept, strict=True)
    ]
    if axes[0] is None or axes[1] is None:
        return None
    padding, first, ceiled = zip(*axes, strict=True)
    return OwnPadding(padding, first, kept, any(ceiled))


def _own_axis(extent: int, window: int, stride: int, span: int, low: int, out: int) -> tuple[int, int, bool] | None:
    for pad in range(low, window // 2 + 1, stride):
        skip, room = (pad - low) // stride, extent + 2 * pad - span
        if room // stride + 1 >= skip + out:
            return pad, skip, False
        starts_inside = (skip + out - 1) * stride < extent + pad
        if starts_inside and (room + stride - 1) // stride + 1 >= skip + out:
            return pad, skip, True
    return None


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
    out = _extents((height, width), window, stride, dilation, pads)
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
