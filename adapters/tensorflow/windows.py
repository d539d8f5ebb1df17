"""Windows as an axis of their own, for ops without a TensorFlow kernel.

Gathering never multiplies or compares padding with data, so unlike a kernel stuffed with zeros it is correct for
infinities and NaN too. All functions take NHWC tensors; extents may be unknown until the program runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from opassay.adapters.tensorflow.layout import amounts, lowest, pad


def rows(extent: Any, window: Any, stride: int, dilation: int) -> tf.Tensor:
    """The row that tap j of window i reads, as [windows, taps]; ``extent`` counts the padded rows."""
    tops = tf.range(0, extent - (window - 1) * dilation, stride)
    return tops[:, None] + (tf.range(window) * dilation)[None, :]


def gather(x: tf.Tensor, window: Sequence[Any], stride: Sequence[int], dilation: Sequence[int]) -> tf.Tensor:
    """All windows of the padded ``x``: [N, OH, kh, OW, kw, C]."""
    extents = tf.shape(x)
    tall = tf.gather(x, rows(extents[1], window[0], stride[0], dilation[0]), axis=1)
    return tf.gather(tall, rows(extents[2], window[1], stride[1], dilation[1]), axis=3)


def scatter(
    values: tf.Tensor, extents: Sequence[Any], window: Sequence[Any], stride: Sequence[int], dilation: Sequence[int]
) -> tf.Tensor:
    """The transpose of ``gather``: sums [N, OH, kh, OW, kw, C] into [N, H, W, C], the padded extents."""
    down = rows(extents[0], window[0], stride[0], dilation[0])
    across = rows(extents[1], window[1], stride[1], dilation[1])
    tall = tf.math.unsorted_segment_sum(tf.transpose(values, (1, 2, 0, 3, 4, 5)), down, extents[0])
    whole = tf.math.unsorted_segment_sum(tf.transpose(tall, (2, 3, 1, 0, 4)), across, extents[1])
    return tf.transpose(whole, (1, 2, 0, 3))


def first_maximum(
    x: tf.Tensor, window: Sequence[int], stride: Sequence[int], dilation: Sequence[int], padding: Any
) -> tuple[tf.Tensor, tf.Tensor]:
    """Values and flat indices of each window's first maximum, or of its first NaN.

    The gradient goes only to the element at the index. Padding takes no part.
    """
    pairs = amounts(x, window, stride, dilation, padding, "NHWC")
    taps = gather(pad(x, pairs, "NHWC", lowest(x.dtype)), window, stride, dilation)
    position, inside = _positions(x, window, stride, dilation, pairs)
    hit = inside & _winners(taps, inside)
    nowhere = position.dtype.max
    index = tf.reduce_min(tf.where(hit, position, nowhere), axis=(2, 4))
    index = tf.where(index == nowhere, tf.zeros_like(index), index)
    return _take(x, index), index


def _winners(taps: tf.Tensor, inside: tf.Tensor) -> tf.Tensor:
    """Which taps equal their window's maximum; in a window with NaN, which are NaN."""
    if not taps.dtype.is_floating:
        return taps == tf.reduce_max(taps, axis=(2, 4), keepdims=True)
    nan = tf.math.is_nan(taps) & inside
    top = tf.reduce_max(tf.where(nan, tf.cast(lowest(taps.dtype), taps.dtype), taps), axis=(2, 4), keepdims=True)
    return tf.where(tf.reduce_any(nan, axis=(2, 4), keepdims=True), nan, taps == top)


def _positions(
    x: tf.Tensor, window: Sequence[int], stride: Sequence[int], dilation: Sequence[int], pairs: Any
) -> tuple[tf.Tensor, tf.Tensor]:
    """The flat index within its sample of every tap, [OH, kh, OW, kw, C], and whether it lies in ``x``."""
    extents = tf.shape(x)
    y, x_ = (
        rows(extents[1 + i] + pairs[i][0] + pairs[i][1], window[i], stride[i], dilation[i]) - pairs[i][0]
        for i in range(2)
    )
    y, x_ = y[:, :, None, None, None], x_[None, None, :, :, None]
    inside = (y >= 0) & (y < extents[1]) & (x_ >= 0) & (x_ < extents[2])
    wide = tf.cast(extents, tf.int64)
    flat = (tf.cast(y, tf.int64) * wide[2] + tf.cast(x_, tf.int64)) * wide[3] + tf.range(wide[3])
    return flat, inside


def _take(x: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """The elements of ``x`` at flat indices within each sample."""
    batch = tf.shape(x)[0]
    cells = tf.reduce_prod(tf.shape(x)[1:])
    flat = tf.gather(tf.reshape(x, (batch, cells)), tf.reshape(index, (batch, -1)), axis=1, batch_dims=1)
    return tf.reshape(flat, tf.shape(index))
