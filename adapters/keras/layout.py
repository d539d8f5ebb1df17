"""Keras' names for layouts and paddings, and explicit padding, for which it has none."""

from __future__ import annotations

from typing import Any

from keras import ops

from opassay.adapters.geometry import spatial_axes, unknown


def formatted(layout: str) -> str:
    """Keras' name for a layout; an unknown layout is passed unchanged."""
    return {"C": "channels_last"}.get(layout[-1:], "channels_first")


def padded(x: Any, padding: Any, layout: str, value: Any) -> tuple[Any, str]:
    """``x`` and ``padding`` for Keras' op. Explicit amounts go to ``ops.pad`` first."""
    if isinstance(padding, str):
        return x, padding if unknown(padding) else padding.lower()
    around = [(0, 0)] * len(layout)
    for axis, amounts in zip(spatial_axes(layout), padding, strict=True):
        around[axis] = amounts
    return ops.pad(x, around, "constant", value), "valid"
