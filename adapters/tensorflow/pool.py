"""Pools by tf.nn where it has them, else by gathered windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from opassay.adapters.geometry import Padding, unknown
from opassay.adapters.tensorflow import windows
from opassay.adapters.tensorflow.kernel_table import pool_dilates
from opassay.adapters.tensorflow.layout import amounts, full_padding, in_nhwc, lowest, pad
from opassay.adapters.tensorflow.state import State


class PoolOps(State):
    """The pools. An invalid window, stride or dilation goes to a tf.nn op that checks it."""

    def max_pool2d(
        self,
        x: tf.Tensor,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        layout: str,
    ) -> tf.Tensor:
        """The maximum of each window, in ``layout``."""
        how = {"window": window, "stride": stride, "padding": padding, "dilation": dilation}
        if unknown(padding):
            return tf.nn.pool(x, window, "MAX", strides=stride, padding=padding, data_format=layout, dilations=dilation)
        undilated = set(dilation) <= {1}
        dilates = pool_dilates(window, stride, padding, dilation)
        has_kernel = self._has_maximum(x.dtype, padding if undilated else "VALID", layout)
        if layout == "NCHW" and not (has_kernel and (undilated or dilates)):
            return in_nhwc(lambda v: self.max_pool2d(v, layout="NHWC", **how), x)
        if undilated:
            return self._undilated(x, window, stride, padding, layout)
        if dilates:
            pairs = full_padding(padding, layout)
            return tf.nn.pool(x, window, "MAX", strides=stride, padding=pairs, data_format=layout, dilations=dilation)
        return windows.first_maximum(x, **how)[0]

    def _undilated(
        self, x: tf.Tensor, window: Sequence[int], stride: Sequence[int], padding: Padding, layout: str
    ) -> tf.Tensor:
        if self._mode == "xla" and not isinstance(padding, str):
            # XLA's message: "XLA does not support pooling ops with explicit padding".
            x, padding = pad(x, padding, layout, lowest(x.dtype)), "VALID"
        return tf.nn.max_pool2d(x, window, stride, full_padding(padding, layout), layout)

    def max_pool2d_with_argmax(
        self,
        x: tf.Tensor,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        layout: str,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Values and int64 indices within one sample, (y·W + x)·C + c whatever the layout."""
        how: dict[str, Any] = {"window": window, "stride": stride, "padding": padding, "dilation": dilation}
        if layout == "NCHW":
            return in_nhwc(lambda v: self.max_pool2d_with_argmax(v, layout="NHWC", **how), x)
        if self._mode != "xla" and isinstance(padding, str) and set(dilation) <= {1}:
            found = tf.nn.max_pool_with_argmax(x, window, stride, padding, output_dtype=tf.int64)
            return found.output, found.argmax
        if unknown(padding) or min((*window, *stride, *dilation), default=0) < 1:
            self.max_pool2d(x, layout=layout, **how)
        return windows.first_maximum(x, **how)

    def avg_pool2d(
        self,
        x: tf.Tensor,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        count_padding: bool,
        layout: str,
    ) -> tf.Tensor:
        """The mean of each window; tf.nn.avg_pool2d never counts padding and takes no explicit padding."""
        how = {"window": window, "stride": stride, "padding": padding, "count_padding": count_padding}
        counts_all = count_padding or min((*window, *stride), default=0) < 1
        gathers = not counts_all and not isinstance(padding, str)
        if layout == "NCHW" and (gathers or not self._has_average(x.dtype, layout)):
            return in_nhwc(lambda v: self.avg_pool2d(v, layout="NHWC", **how), x)
        if gathers:
            return _mean_of_inside(x, window, stride, padding)
        # SAME of an empty axis is empty whatever is counted, which no padding amount expresses in VALID.
        if not isinstance(padding, str) or (count_padding and padding == "SAME" and 0 not in x.shape):
            x, padding = pad(x, amounts(x, window, stride, (1, 1), padding, layout), layout), "VALID"
        return tf.nn.avg_pool2d(x, window, stride, padding, layout)

    def avg_unpool2d(self, x: tf.Tensor, *, window: Sequence[int], layout: str) -> tf.Tensor:
        """Each value of x at every position of its window."""
        first = 1 if layout == "NHWC" else 2
        return tf.repeat(tf.repeat(x, window[0], axis=first), window[1], axis=first + 1)


def _mean_of_inside(x: tf.Tensor, window: Sequence[int], stride: Sequence[int], pairs: Any) -> tf.Tensor:
    """Sums of windows, divided once by the number of elements that are not padding."""
    taps = windows.gather(pad(x, pairs, "NHWC"), window, stride, (1, 1))
    inside = windows.gather(pad(tf.ones_like(x[:1, :, :, :1]), pairs, "NHWC"), window, stride, (1, 1))
    # Not `/`: tf.function replaces division by a constant with multiplication by its approximate reciprocal.
    return tf.math.divide_no_nan(tf.reduce_sum(taps, axis=(2, 4)), tf.reduce_sum(inside, axis=(2, 4)))
