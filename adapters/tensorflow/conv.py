"""conv2d and conv2d_transpose: TensorFlow's kernels, and compositions where it has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from opassay.adapters.geometry import Padding, unknown
from opassay.adapters.tensorflow import windows
from opassay.adapters.tensorflow.layout import amounts, full_padding, in_nhwc, nhwc_shape, pad
from opassay.adapters.tensorflow.state import State


class ConvOps(State):
    """The convolutions. Groups are implicit in TensorFlow: the ratio of input to filter channels."""

    def conv2d(
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
        """x [N,H,W,C] or [N,C,H,W], w [kh,kw,C/groups,out]; the answer in ``layout``."""
        how = {"stride": stride, "dilation": dilation, "groups": groups}
        if unknown(padding) or self._has_conv(
            x.dtype, padding, layout, stride, dilation, groups, self._differentiating
        ):
            return tf.nn.conv2d(x, w, stride, full_padding(padding, layout), layout, dilation)
        if layout == "NCHW":
            return in_nhwc(lambda v: self.conv2d(v, w, padding=padding, layout="NHWC", **how), x)
        if not isinstance(padding, str):
            return self.conv2d(pad(x, padding, layout), w, padding="VALID", layout=layout, **how)
        return _gathered_conv(x, w, stride, padding, dilation, groups)

    def conv2d_transpose(
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
        """x as conv2d's answer, w [kh,kw,out/groups,in]; ``output_shape`` in ``layout``."""
        how = {"stride": stride, "dilation": dilation, "groups": groups}
        if unknown(padding) or self._has_conv(x.dtype, padding, layout, stride, dilation, groups, True):
            shape = self._runtime_shape(output_shape, x)
            return tf.nn.conv2d_transpose(x, w, shape, stride, full_padding(padding, layout), layout, dilation)
        if layout == "NCHW":
            how |= {"padding": padding, "layout": "NHWC", "output_shape": nhwc_shape(output_shape, layout)}
            return in_nhwc(lambda v: self.conv2d_transpose(v, w, **how), x)
        if not isinstance(padding, str):
            how |= {"padding": "VALID", "layout": layout, "output_shape": _padded_shape(output_shape, padding)}
            return _cropped(self.conv2d_transpose(x, w, **how), padding, output_shape)
        return _scattered_conv(x, w, output_shape, stride, padding, dilation, groups)

    def _runtime_shape(self, shape: Sequence[int], x: tf.Tensor) -> Any:
        # Adding a zero that is unknown while tracing keeps the values unknown until the program runs.
        return shape if self._mode != "dynamic" else tf.constant(shape) + tf.zeros_like(tf.shape(x))


def _gathered_conv(
    x: tf.Tensor, w: tf.Tensor, stride: Sequence[int], padding: str, dilation: Sequence[int], groups: int
) -> tf.Tensor:
    window = tf.unstack(tf.shape(w)[:2], 2)
    padded = pad(x, amounts(x, window, stride, dilation, padding, "NHWC"), "NHWC")
    taps = _split(windows.gather(padded, window, stride, dilation), groups)
    return _merge(tf.einsum("nhiwjgc,ijcgo->nhwgo", taps, _split(w, groups)))


def _scattered_conv(
    x: tf.Tensor,
    w: tf.Tensor,
    output_shape: Sequence[int],
    stride: Sequence[int],
    padding: str,
    dilation: Sequence[int],
    groups: int,
) -> tf.Tensor:
    window = tf.unstack(tf.shape(w)[:2], 2)
    pairs = amounts(tf.zeros(output_shape, tf.bool), window, stride, dilation, padding, "NHWC")
    extents = [output_shape[1 + i] + pairs[i][0] + pairs[i][1] for i in range(2)]
    taps = _merge(tf.einsum("nhwgo,ijcgo->nhiwjgc", _split(x, groups), _split(w, groups)))
    return _cropped(windows.scatter(taps, extents, window, stride, dilation), pairs, output_shape)


def _split(x: tf.Tensor, groups: int) -> tf.Tensor:
    """The last axis as [groups, channels of a group]."""
    shape = tf.shape(x)
    return tf.reshape(x, tf.concat([shape[:-1], [groups, shape[-1] // groups]], 0))


def _merge(x: tf.Tensor) -> tf.Tensor:
    """The transpose of ``_split``."""
    shape = tf.shape(x)
    return tf.reshape(x, tf.concat([shape[:-2], [shape[-2] * shape[-1]]], 0))


def _padded_shape(shape: Sequence[int], pairs: Any) -> list[int]:
    """An NHWC shape with its padding; a shape of another rank than 4 is left for TensorFlow to refuse."""
    extra = (0, sum(pairs[0]), sum(pairs[1]), 0)
    return [n + e for n, e in zip(shape, extra, strict=True)] if len(shape) == 4 else list(shape)


def _cropped(y: tf.Tensor, pairs: Any, shape: Sequence[int]) -> tf.Tensor:
    """``y`` without its padding, as ``shape``: the reshape refuses another batch or channel count."""
    top, left = pairs[0][0], pairs[1][0]
    return tf.reshape(y[:, top : top + shape[1], left : left + shape[2], :], shape)
