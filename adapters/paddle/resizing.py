"""The resizing modes of ``paddle.nn.functional.interpolate``. Does not import Paddle."""

from __future__ import annotations

from opassay.adapters.resizing import CORNERS, FLOOR_NEAREST, HALF, LEGACY, Ways

RESIZES: Ways = {
    "resize_nearest": (FLOOR_NEAREST,),
    "resize_linear": (HALF, CORNERS, {**HALF, "coordinates": "asymmetric"}),
    "resize_cubic": (
        {**LEGACY, "axes": 2, "coordinates": "half_pixel"},
        {**LEGACY, "axes": 2, **CORNERS},
    ),
}
