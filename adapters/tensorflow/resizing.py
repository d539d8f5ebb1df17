"""The resizing modes of ``tf.image``, including those of version 1. Does not import TensorFlow."""

from __future__ import annotations

from opassay.adapters.resizing import CORNERS, FILTERED, FLOOR_NEAREST, HALF, HALF_NEAREST, KEYS, LEGACY, Ways, over

_LINEAR = (HALF, CORNERS, {**HALF, "coordinates": "asymmetric"})
RESIZES: Ways = over(
    2,
    {
        "resize_nearest": (FLOOR_NEAREST, HALF_NEAREST, {**HALF_NEAREST, "coordinates": "align_corners"}),
        "resize_linear": (*_LINEAR, FILTERED),
        "resize_cubic": (KEYS, {**LEGACY, "coordinates": ("asymmetric", "align_corners")}),
    },
)
COMPILED: Ways = {**RESIZES, **over(2, {"resize_linear": _LINEAR, "resize_cubic": ()})}
"""XLA compiles neither ``ResizeBicubic`` nor ``ScaleAndTranslate``."""
