"""max_unpool2d, which TensorFlow lacks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from opassay.adapters.tensorflow.layout import TO_NCHW, TO_NHWC, nhwc_shape
from opassay.adapters.tensorflow.state import State


class MoveOps(State):
    def max_unpool2d(self, x: tf.Tensor, indices: tf.Tensor, *, output_shape: Sequence[int], layout: str) -> tf.Tensor:
        """Each value at its index within its sample, zero elsewhere; repeated indices are written, not added."""
        if layout == "NCHW":
            x, indices = tf.transpose(x, TO_NHWC), tf.transpose(indices, TO_NHWC)
        shape = nhwc_shape(output_shape, layout)
        batch = tf.shape(x, tf.int64)[0]
        # Only valid indices are converted; TensorFlow reports the others itself.
        wide = tf.cast(indices, tf.int64) if indices.dtype == tf.int32 else indices
        flat = tf.reshape(tf.stop_gradient(wide), (batch, -1))
        sample = tf.broadcast_to(tf.range(batch)[:, None], tf.shape(flat))
        zeros = tf.zeros(tf.stack([batch, math.prod(shape[1:])]), x.dtype)
        places = tf.stack([sample, flat], axis=-1)
        y = tf.reshape(tf.tensor_scatter_nd_update(zeros, places, tf.reshape(x, (batch, -1))), shape)
        return tf.transpose(y, TO_NCHW) if layout == "NCHW" else y
