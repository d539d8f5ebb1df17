"""Convolutions: ``ops.conv`` and ``ops.conv_transpose``."""

from __future__ import annotations

from typing import Any

from keras import ops

from opassay.adapters.geometry import effective, pad_amounts, spatial_axes, unknown
from opassay.adapters.keras.layout import formatted, padded


class ConvOps:
    """``conv2d`` and ``conv2d_transpose`` of the common op interface."""

    def conv2d(self, x: Any, w: Any, *, stride: Any, padding: Any, dilation: Any, groups: int, layout: str) -> Any:
        """Keras infers ``groups`` from the shapes of ``x`` and ``w``."""
        x, word = padded(x, padding, layout, 0)
        return ops.conv(x, w, stride, word, formatted(layout), dilation)

    conv1d = conv3d = conv2d

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
        """Keras has ``output_padding``, not ``output_shape``; explicit padding is cropped from a "valid" answer."""
        if unknown(padding) or {len(output_shape), len(x.shape)} != {len(layout)}:
            y = ops.conv_transpose(x, w, stride, padding, None, formatted(layout), dilation)
            return ops.reshape(y, output_shape)
        axes = spatial_axes(layout)
        extents = [output_shape[axis] for axis in axes]
        word = "same" if padding == "SAME" else "valid"
        pads = pad_amounts(extents, w.shape[:-2], stride, dilation, "VALID" if word == "same" else padding)
        more = [
            n + low + high - _least(x.shape[axis], k, s, d, word)
            for axis, n, (low, high), k, s, d in zip(axes, extents, pads, w.shape[:-2], stride, dilation, strict=True)
        ]
        y = ops.conv_transpose(x, w, stride, word, tuple(more), formatted(layout), dilation)
        if not isinstance(padding, str):
            y = _cropped(y, axes, pads, extents)
        # This no-op reshape makes Keras check batch and channels, for which it has no parameter.
        return ops.reshape(y, output_shape)

    conv_transpose1d = conv_transpose3d = conv2d_transpose


def _least(rows: int, window: int, stride: int, dilation: int, word: str) -> int:
    """The extent of Keras' answer without output padding.

    Source: ``output_padding`` in https://keras.io/api/layers/convolution_layers/convolution2d_transpose/
    """
    span = effective(window, dilation)
    return (rows - 1) * stride + (span % 2 if word == "same" else span)


def _cropped(y: Any, axes: Any, pads: Any, extents: Any) -> Any:
    kept = [slice(None)] * len(y.shape)
    for axis, (low, _), n in zip(axes, pads, extents, strict=True):
        kept[axis] = slice(low, low + n)
    return y[tuple(kept)]
