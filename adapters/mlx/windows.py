"""Windows: convolutions by ``conv_general``, pools by ``mlx.nn``, whose images all have channels last."""

from __future__ import annotations

import math
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from opassay.adapters.geometry import effective, pad_amounts, spatial_axes, unknown
from opassay.adapters.transposed import Place, place
from opassay.harness.model.adapter import Unsupported


def channels_last(x: mx.array, layout: str) -> mx.array:
    return mx.transpose(x, (0, 2, 3, 1)) if layout == "NCHW" else x


def restored(y: mx.array, layout: str) -> mx.array:
    """A channels-last ``y`` with its axes as ``layout`` says."""
    return mx.transpose(y, (0, 3, 1, 2)) if layout == "NCHW" else y


def amounts(extents: Any, window: Any, stride: Any, dilation: Any, padding: Any) -> Any:
    """Rows and columns before, and after; ``padding`` itself where it has another form."""
    if unknown(padding) or (padding == "SAME" and not len(window) == len(stride) == len(dilation) == 2):
        return padding
    pads = pad_amounts(extents, window, stride, dilation, padding)
    return [before for before, _ in pads], [after for _, after in pads]


class WindowOps:
    """Convolutions, pools and unpools of the common op interface."""

    def conv2d(self, x: Any, w: Any, *, stride: Any, padding: Any, dilation: Any, groups: int, layout: str) -> Any:
        x = channels_last(x, layout)
        around = amounts(x.shape[1:3], w.shape[:2], stride, dilation, padding)
        filters = mx.transpose(w, (3, 0, 1, 2))
        return restored(mx.conv_general(x, filters, stride, around, dilation, groups=groups), layout)

    def conv2d_transpose(
        self,
        x: Any,
        w: Any,
        *,
        output_shape: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        layout: str,
    ) -> Any:
        """``conv_transpose2d``, which pads both ends alike and has no groups; else by the op that implements it."""
        found = place(x.shape, w.shape, output_shape, stride, padding, dilation, layout)
        x = channels_last(x, layout)
        if found is None or (groups == 1 and all(before == after for before, after in found.pads)):
            pads = [before for before, _ in found.pads] if found else padding if unknown(padding) else 0
            surplus = found.surplus if found else 0
            y = mx.conv_transpose2d(x, mx.transpose(w, (2, 0, 1, 3)), stride, pads, dilation, surplus, groups)
        else:
            y = _general(x, w, found, stride, dilation, groups)
        # This no-op reshape makes MLX check batch and channels, for which it has no parameter.
        return mx.reshape(restored(y, layout), output_shape)

    def max_pool2d(self, x: Any, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Any:
        if tuple(dilation) != (1, 1):
            raise Unsupported("MLX has no pool with dilation")
        return _pooled(nn.MaxPool2d, x, window, stride, padding, layout, -float("inf"))

    def avg_pool2d(self, x: Any, *, window: Any, stride: Any, padding: Any, count_padding: bool, layout: str) -> Any:
        if not count_padding and padding != "VALID":
            raise Unsupported("MLX counts padding in an average")
        return _pooled(nn.AvgPool2d, x, window, stride, padding, layout, 0)

    def max_unpool2d(self, x: Any, indices: Any, *, output_shape: Any, layout: str) -> Any:
        last = output_shape if layout == "NHWC" else [output_shape[0], *output_shape[2:], output_shape[1]]
        flat = mx.zeros((x.shape[0], math.prod(last[1:])), x.dtype)
        values, where = (mx.flatten(channels_last(t, layout), 1) for t in (x, indices))
        return restored(mx.reshape(mx.put_along_axis(flat, where, values, 1), last), layout)

    def avg_unpool2d(self, x: Any, *, window: Any, layout: str) -> Any:
        for axis, times in zip(spatial_axes(layout), window, strict=False):
            x = mx.repeat(x, times, axis)
        return x


def _pooled(kind: Any, x: Any, window: Any, stride: Any, padding: Any, layout: str, nothing: float) -> Any:
    """By a layer, which pads both ends alike; for other padding, floats are padded first."""
    x = channels_last(x, layout)
    around = amounts(x.shape[1:3], window, stride, (1, 1), padding)
    if isinstance(around, str) or around[0] == around[1]:
        return restored(kind(window, stride, around if isinstance(around, str) else tuple(around[0]))(x), layout)
    if nothing and not mx.issubdtype(x.dtype, mx.floating):
        raise Unsupported("MLX pads both ends of integers alike")
    wide = mx.pad(x, [(0, 0), *zip(*around, strict=True), (0, 0)], constant_values=nothing)
    return restored(kind(window, stride)(wide), layout)


def _general(x: Any, w: Any, found: Place, stride: Any, dilation: Any, groups: int) -> Any:
    """The transpose as ``conv_transpose2d`` implements it: a dilated image with the flipped filter."""
    spans = [effective(k, d) - 1 for k, d in zip(w.shape[:2], dilation, strict=True)]
    low = [span - before for span, (before, _) in zip(spans, found.pads, strict=True)]
    high = [span - after + more for span, (_, after), more in zip(spans, found.pads, found.surplus, strict=True)]
    kh, kw, outs, ins = w.shape
    apart = mx.reshape(w, (kh, kw, outs, groups, ins // max(groups, 1)))
    filters = mx.reshape(mx.transpose(apart, (3, 2, 0, 1, 4)), (groups * outs, kh, kw, ins // max(groups, 1)))
    return mx.conv_general(x, filters, 1, (low, high), dilation, stride, groups, flip=True)
