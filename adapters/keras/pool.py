"""Pools: ``ops.max_pool``, ``ops.average_pool``, and up-sampling."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from opassay.adapters.geometry import pad_amounts, spatial_axes
from opassay.adapters.keras.layout import formatted, padded


class PoolOps:
    """``max_pool2d``, ``avg_pool2d`` and ``avg_unpool2d`` of the common op interface."""

    def max_pool2d(self, x: Any, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Any:
        x, word = padded(x, padding, layout, _lowest(x))
        return ops.max_pool(x, window, stride, word, formatted(layout))

    max_pool1d = max_pool3d = max_pool2d

    def avg_pool2d(self, x: Any, *, window: Any, stride: Any, padding: Any, count_padding: bool, layout: str) -> Any:
        """Keras never counts its own padding; padding that counts is added first."""
        if padding == "SAME" and count_padding:
            extents = [x.shape[axis] for axis in spatial_axes(layout)]
            padding = pad_amounts(extents, window, stride, (1,) * len(window), padding)
        x, word = padded(x, padding, layout, 0)
        return ops.average_pool(x, window, stride, word, formatted(layout))

    avg_pool1d = avg_pool3d = avg_pool2d

    def avg_unpool2d(self, x: Any, *, window: Any, layout: str) -> Any:
        for axis, count in zip(spatial_axes(layout), window, strict=False):
            x = ops.repeat(x, count, axis)
        return x


def _lowest(x: Any) -> Any:
    name = keras.backend.standardize_dtype(x.dtype)
    return np.iinfo(name).min if "int" in name else -np.inf
