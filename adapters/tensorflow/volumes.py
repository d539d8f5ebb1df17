"""Windows over three axes by ``tf.nn``; channels are last except under XLA, since CPU kernels have no other layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from opassay.adapters.geometry import Padding
from opassay.adapters.tensorflow.layout import lowest, same_amounts
from opassay.adapters.tensorflow.state import State
from opassay.harness.model.adapter import Unsupported

LAST = "NDHWC"


class VolumeOps(State):
    """Explicit padding is a separate op: none of these supports it."""

    def conv3d(
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
        self._plain(dilation, groups)

        def op(v: tf.Tensor, order: str) -> tf.Tensor:
            v = v if isinstance(padding, str) else _around(v, padding, order)
            return tf.nn.conv3d(v, w, _five(stride, order), _word(padding), order, _five(dilation, order))

        return self._in_order(op, x, layout)

    def conv_transpose3d(
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
        """With explicit padding, cropped from the answer without any."""
        self._plain(dilation, groups)
        crops = not isinstance(padding, str) and len(output_shape) == len(layout)

        def op(v: tf.Tensor, order: str) -> tf.Tensor:
            shape = _reordered(output_shape, layout, order)
            extra = _five([sum(pair) for pair in padding], order, 0) if crops else [0] * len(shape)
            whole = [n + more for n, more in zip(shape, extra, strict=True)]
            steps, holes = _five(stride, order), _five(dilation, order)
            y = tf.nn.conv3d_transpose(v, w, whole, steps, _word(padding), order, holes)
            return tf.slice(y, _five([low for low, _ in padding], order, 0), shape) if crops else y

        return self._in_order(op, x, layout)

    def max_pool3d(
        self,
        x: tf.Tensor,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        dilation: Sequence[int],
        layout: str,
    ) -> tf.Tensor:
        if any(d != 1 for d in dilation):
            raise Unsupported("tf.nn.max_pool3d has no dilation")

        def op(v: tf.Tensor, order: str) -> tf.Tensor:
            v = v if isinstance(padding, str) else _around(v, padding, order, lowest(v.dtype))
            return tf.nn.max_pool3d(v, _five(window, order), _five(stride, order), _word(padding), order)

        return self._in_order(op, x, layout)

    def avg_pool3d(
        self,
        x: tf.Tensor,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Padding,
        count_padding: bool,
        layout: str,
    ) -> tf.Tensor:
        if not isinstance(padding, str) and not count_padding:
            raise Unsupported("tf.nn.avg_pool3d leaves out of its count only the padding of SAME")

        def op(v: tf.Tensor, order: str) -> tf.Tensor:
            pads = _counted(v, window, stride, order) if padding == "SAME" and count_padding else padding
            v = v if isinstance(pads, str) else _around(v, pads, order)
            return tf.nn.avg_pool3d(v, _five(window, order), _five(stride, order), _word(pads), order)

        return self._in_order(op, x, layout)

    def _plain(self, dilation: Sequence[int], groups: int) -> None:
        if self._cpu_kernels and (groups > 1 or any(d > 1 for d in dilation)):
            raise Unsupported("TensorFlow has no convolution over three axes with groups or dilation on the CPU")

    def _in_order(self, op: Callable[[tf.Tensor, str], tf.Tensor], x: tf.Tensor, layout: str) -> tf.Tensor:
        if layout == LAST or not self._cpu_kernels:
            return op(x, layout)
        return tf.transpose(op(tf.transpose(x, (0, 2, 3, 4, 1)), LAST), (0, 4, 1, 2, 3))


def _word(padding: Padding) -> str:
    return padding if isinstance(padding, str) else "VALID"


def _five(spatial: Sequence[Any], order: str, other: Any = 1) -> list[Any]:
    """A number for each axis of the tensor."""
    return [other, *spatial, other] if order == LAST else [other, other, *spatial]


def _around(x: tf.Tensor, padding: Any, order: str, value: Any = 0) -> tf.Tensor:
    return tf.pad(x, _five(padding, order, (0, 0)), constant_values=tf.cast(value, x.dtype))


def _counted(x: tf.Tensor, window: Sequence[int], stride: Sequence[int], order: str) -> Any:
    """The padding of SAME per axis, as counted elements."""
    first, shape = (1 if order == LAST else 2), tf.shape(x)
    return [same_amounts(shape[first + i], window[i], stride[i], 1) for i in range(3)]


def _reordered(shape: Sequence[int], layout: str, order: str) -> list[int]:
    """The shape in another order; one of another rank is left for TensorFlow to refuse."""
    if layout == order or len(shape) != len(layout):
        return list(shape)
    return [shape[layout.index(axis)] for axis in order]
