"""The resizing modes of ``torch.nn.functional.interpolate``, forms of one each. Does not import torch."""

from __future__ import annotations

from opassay.adapters.resizing import CORNERS, FILTERED, FLOOR_NEAREST, HALF, HALF_NEAREST, KEYS, LEGACY, Ways

PLANE = {"axes": 2}
RESIZES: Ways = {
    "resize_nearest": (FLOOR_NEAREST, HALF_NEAREST),
    "resize_linear": (HALF, CORNERS, {**FILTERED, **PLANE}),
    "resize_cubic": (
        {**LEGACY, **PLANE, "coordinates": "half_pixel"},
        {**LEGACY, **PLANE, **CORNERS},
        {**KEYS, **PLANE, "antialias": True},
    ),
}
