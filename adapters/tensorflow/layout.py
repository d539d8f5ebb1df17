"""Shapes and layouts in TensorFlow's own terms; nothing here raises on invalid attributes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from opassay.adapters.geometry import Padding

TO_NHWC = (0, 2, 3, 1)
TO_NCHW = (0, 3, 1, 2)


def full_padding(padding: Padding, layout: str) -> Any:
    """``padding`` as tf.nn wants it: a name, or one pair for each of the four axes."""
    if isinstance(padding, str):
        return padding
    pairs = [list(pair) for pair in padding]
    return [[0, 0], *pairs, [0, 0]] if layout == "NHWC" else [[0, 0], [0, 0], *pairs]


def in_nhwc(op: Callable[[tf.Tensor], Any], x: tf.Tensor) -> Any:
    """``op`` applied to the NCHW tensor ``x`` in NHWC, with its outputs in NCHW again; one output or several."""
    result = op(tf.transpose(x, TO_NHWC))
    return tf.nest.map_structure(lambda y: tf.transpose(y, TO_NCHW), result)


def nhwc_shape(shape: Sequence[int], layout: str) -> Sequence[int]:
    """``shape`` in NHWC order; a shape of another rank than 4 is returned unchanged."""
    return [shape[axis] for axis in TO_NHWC] if layout == "NCHW" and len(shape) == 4 else shape


def same_amounts(extent: tf.Tensor, window: Any, stride: int, dilation: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Padding (before, after) of SAME along an axis whose extent may be known only at run time.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
    """
    # For an empty axis one row less than a window: no window fits, at any stride.
    spread = tf.maximum(-1, (-(-extent // stride) - 1) * stride)
    total = tf.maximum(0, spread + (window - 1) * dilation + 1 - extent)
    return total // 2, total - total // 2


def amounts(x: tf.Tensor, window: Sequence[Any], stride: Any, dilation: Any, padding: Padding, layout: str) -> Any:
    """Explicit ((top, bottom), (left, right)) for any ``padding``, as integers or scalar tensors."""
    if not isinstance(padding, str):
        return padding
    if padding == "VALID":
        return ((0, 0), (0, 0))
    first = 1 if layout == "NHWC" else 2
    extents = tf.shape(x)
    return tuple(same_amounts(extents[first + i], window[i], stride[i], dilation[i]) for i in range(2))


def pad(x: tf.Tensor, pairs: Any, layout: str, value: Any = 0) -> tf.Tensor:
    """``x`` with ``value`` around its two spatial axes."""
    return tf.pad(x, full_padding(pairs, layout), constant_values=tf.cast(value, x.dtype))


def lowest(dtype: tf.DType) -> Any:
    """The identity of a maximum."""
    return float("-inf") if dtype.is_floating else dtype.min
