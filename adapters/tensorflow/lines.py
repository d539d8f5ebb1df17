"""Windows over one axis: ``tf.nn``'s own ops, or those over images of one row where it has no kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from opassay.adapters.geometry import Padding, unknown
from opassay.adapters.tensorflow.conv import ConvOps
from opassay.adapters.tensorflow.pool import PoolOps

IMAGES = {"NWC": "NHWC", "NCW": "NCHW"}


class LineOps(ConvOps, PoolOps):
    """``tf.nn.conv1d`` itself turns its input into images of one row.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn/conv1d
    """

    def conv1d(
        self,
        x: tf.Tensor,
        w: tf.Tensor,
        *,
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        groups: int,
        layout: str,
    ) -> tf.Tensor:
        how = _of_images(stride, padding, dilation, layout) | {"groups": groups}
        if unknown(padding) or (isinstance(padding, str) and self._kernel(x, how, self._differentiating)):
            return tf.nn.conv1d(x, w, stride, padding, layout, dilation)
        return _lifted(lambda v: self.conv2d(v, tf.expand_dims(w, 0), **how), x, layout)

    def conv_transpose1d(
        self,
        x: tf.Tensor,
        w: tf.Tensor,
        *,
        output_shape: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        groups: int,
        layout: str,
    ) -> tf.Tensor:
        how = _of_images(stride, padding, dilation, layout) | {"groups": groups}
        if unknown(padding) or (isinstance(padding, str) and self._kernel(x, how, True)):
            shape = self._runtime_shape(output_shape, x)
            return tf.nn.conv1d_transpose(x, w, shape, stride, padding, layout, dilation)
        row = _row(layout)
        how["output_shape"] = (*output_shape[:row], 1, *output_shape[row:])
        return _lifted(lambda v: self.conv2d_transpose(v, tf.expand_dims(w, 0), **how), x, layout)

    def _kernel(self, x: tf.Tensor, how: dict[str, Any], backward: bool) -> bool:
        names = ("padding", "layout", "stride", "dilation", "groups")
        return self._has_conv(x.dtype, *(how[name] for name in names), backward)

    def max_pool1d(
        self,
        x: tf.Tensor,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        layout: str,
    ) -> tf.Tensor:
        plain = isinstance(padding, str) and set(dilation) <= {1}
        if unknown(padding) or (plain and self._has_maximum(x.dtype, padding, IMAGES[layout])):
            return tf.nn.max_pool1d(x, window, stride, padding, layout)
        how = _of_images(stride, padding, dilation, layout) | {"window": (1, *window)}
        return _lifted(lambda v: self.max_pool2d(v, **how), x, layout)

    def avg_pool1d(
        self,
        x: tf.Tensor,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        count_padding: bool,
        layout: str,
    ) -> tf.Tensor:
        own = isinstance(padding, str) and not (count_padding and padding == "SAME")
        if own and self._has_average(x.dtype, IMAGES[layout]):
            return tf.nn.avg_pool1d(x, window, stride, padding, layout)
        how = _of_images(stride, padding, (), layout) | {"window": (1, *window), "count_padding": count_padding}
        del how["dilation"]
        return _lifted(lambda v: self.avg_pool2d(v, **how), x, layout)


def _row(layout: str) -> int:
    """The axis of an image's single row."""
    return layout.index("W")


def _of_images(stride: Sequence[int], padding: Padding, dilation: Sequence[int], layout: str) -> dict[str, Any]:
    """The same attributes for images of one row."""
    pads = padding if isinstance(padding, str) else ((0, 0), *padding)
    return {"stride": (1, *stride), "padding": pads, "dilation": (1, *dilation), "layout": IMAGES[layout]}


def _lifted(op: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, layout: str) -> tf.Tensor:
    return tf.squeeze(op(tf.expand_dims(x, _row(layout))), _row(layout))
