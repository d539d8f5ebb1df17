"""The resizing modes of ``mindspore.ops.interpolate`` on the CPU. Does not import MindSpore."""

from __future__ import annotations

from opassay.adapters.resizing import CORNERS, FLOOR_NEAREST, HALF, LEGACY, Ways

_SIZE = {"scales": False}
RESIZES: Ways = {
    "resize_nearest": ({**FLOOR_NEAREST, **_SIZE},),
    "resize_linear": ({**HALF, **_SIZE}, CORNERS),
    "resize_cubic": ({**LEGACY, **_SIZE, "axes": 2, "coordinates": "half_pixel"}, {**LEGACY, "axes": 2, **CORNERS}),
}
