"""Windows: convolutions and pools by MindSpore's primitives, whose images have channels first on the CPU."""

from __future__ import annotations

from typing import Any

from mindspore import Tensor, ops

from opassay.adapters.geometry import pad_amounts, spatial_axes, unknown
from opassay.harness.model.adapter import Unsupported


def channels_first(x: Tensor, layout: str) -> Tensor:
    return x if layout.startswith("NC") else ops.permute(x, (0, len(layout) - 1, *range(1, len(layout) - 1)))


def restored(y: Tensor, layout: str) -> Tensor:
    """A channels-first ``y`` with its axes as ``layout`` says."""
    return y if layout.startswith("NC") else ops.permute(y, (0, *range(2, len(layout)), 1))


def filters_first(w: Tensor, axes: int) -> Tensor:
    return ops.permute(w, (axes + 1, axes, *range(axes)))


def padded(padding: Any, most: int) -> dict[str, Any]:
    """The parameters of a primitive over ``most`` axes, the first of which have no padding."""
    if isinstance(padding, str):
        return {"pad_mode": padding if unknown(padding) else padding.lower()}
    return {"pad_mode": "pad", "pad": (0, 0) * (most - len(padding)) + tuple(n for pair in padding for n in pair)}


def whole(values: Any, most: int) -> tuple[int, ...]:
    """One entry per axis of ``most``, 1 for the first ones."""
    return (1,) * (most - len(values)) + tuple(values)


def longer(x: Tensor, more: int) -> Tensor:
    """With axes of 1 after the channels."""
    for _ in range(more):
        x = ops.expand_dims(x, 2)
    return x


class WindowOps:
    """Convolutions and pools of the common op interface."""

    def conv2d(
        self, x: Tensor, w: Tensor, *, stride: Any, padding: Any, dilation: Any, groups: int, layout: str
    ) -> Tensor:
        """``Conv2D``, also of one axis as ``ops.conv1d`` does it, or ``Conv3D``."""
        axes = len(layout) - 2
        most, kind = (3, ops.Conv3D) if axes == 3 else (2, ops.Conv2D)
        x, w = (longer(t, most - axes) for t in (channels_first(x, layout), filters_first(w, axes)))
        told = {"stride": whole(stride, most), "dilation": whole(dilation, most), "group": groups}
        y = kind(w.shape[0], w.shape[2:], **told, **padded(padding, most))(x, w)
        return restored(ops.squeeze(y, 2) if axes < most else y, layout)

    conv1d = conv3d = conv2d

    def conv2d_transpose(
        self,
        x: Tensor,
        w: Tensor,
        *,
        output_shape: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        layout: str,
    ) -> Tensor:
        """``Conv2DTranspose``, which takes the shape of its answer."""
        axes = len(layout) - 2
        x, w = (longer(t, 2 - axes) for t in (channels_first(x, layout), filters_first(w, axes)))
        shape = tuple(output_shape)
        if len(shape) == len(layout):
            extents = tuple(shape[axis] for axis in spatial_axes(layout))
            shape = (shape[0], shape[1 if layout.startswith("NC") else -1], *whole(extents, 2))
        told = {"stride": whole(stride, 2), "dilation": whole(dilation, 2), "group": groups}
        y = ops.Conv2DTranspose(w.shape[0], w.shape[2:], **told, **padded(padding, 2))(x, w, shape)
        return restored(ops.squeeze(y, 2) if axes < 2 else y, layout)

    conv_transpose1d = conv2d_transpose

    def max_pool2d(self, x: Tensor, *, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> Tensor:
        if set(dilation) != {1}:
            raise Unsupported("MindSpore's MaxPool has no dilation")
        return _pooled(ops.MaxPool, ops.MaxPool3D, x, window, stride, padding, layout, "pad_list", {})

    max_pool1d = max_pool3d = max_pool2d

    def avg_pool2d(
        self, x: Tensor, *, window: Any, stride: Any, padding: Any, count_padding: bool, layout: str
    ) -> Tensor:
        if count_padding and padding == "SAME":
            padding = pad_amounts(
                [x.shape[i] for i in spatial_axes(layout)], window, stride, (1,) * len(window), padding
            )
        counted = {"count_include_pad": count_padding}
        return _pooled(ops.AvgPool, ops.AvgPool3D, x, window, stride, padding, layout, "pad", counted)

    avg_pool1d = avg_pool3d = avg_pool2d


def _pooled(
    flat: Any, solid: Any, x: Tensor, window: Any, stride: Any, padding: Any, layout: str, name: str, more: Any
) -> Tensor:
    """By the primitive of two axes where ``padding`` is a word, else by that of three, which alone takes numbers."""
    axes = len(layout) - 2
    numbers = axes == 3 or not isinstance(padding, str)
    most = 3 if numbers else 2
    around = padded(padding, most)
    if "pad" in around:
        around[name] = around.pop("pad")
    x = longer(channels_first(x, layout), most - axes)
    y = (solid if numbers else flat)(whole(window, most), whole(stride, most), **around, **(more if numbers else {}))(x)
    for _ in range(most - axes):
        y = ops.squeeze(y, 2)
    return restored(y, layout)
