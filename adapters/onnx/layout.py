"""Images and their padding in ONNX's terms: channels first, pads as begins, then ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opassay.adapters.geometry import Padding, channel_axis, channels_last, spatial_axes
from opassay.adapters.onnx.graph import Symbol


def channels_first(x: Symbol, layout: str) -> Symbol:
    order = (0, len(layout) - 1, *spatial_axes(layout))
    return x.graph.node("Transpose", x, perm=order) if channels_last(layout) else x


def restored(y: Symbol, layout: str) -> Symbol:
    """The inverse of ``channels_first``."""
    return y.graph.node("Transpose", y, perm=(0, *range(2, len(layout)), 1)) if channels_last(layout) else y


def filters(w: Symbol, layout: str) -> Symbol:
    """``[*window, inner, outer]`` as ONNX's ``[outer, inner, *window]``."""
    axes = len(layout) - 2
    return w.graph.node("Transpose", w, perm=(axes + 1, axes, *range(axes)))


def padded(padding: Padding) -> Mapping[str, Any]:
    """The padding attribute; a word unknown to ONNX is passed unchanged."""
    if isinstance(padding, str):
        return {"auto_pad": "SAME_UPPER" if padding == "SAME" else padding}
    return {"pads": [pair[end] for end in (0, 1) for pair in padding]}


def extents(shape: tuple[int, ...], layout: str) -> tuple[int, int, int]:
    """Channels, height and width; ones where the input is no image, for the backend to refuse."""
    if len(shape) != 4:
        return (1, 1, 1)
    height, width = spatial_axes(layout)
    return shape[channel_axis(layout)], shape[height], shape[width]
