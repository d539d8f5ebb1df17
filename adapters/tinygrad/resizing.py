"""The resizing modes of ``Tensor.interpolate``. Does not import tinygrad."""

from __future__ import annotations

from opassay.adapters.resizing import CORNERS, FLOOR_NEAREST, HALF, HALF_NEAREST, Ways

RESIZES: Ways = {"resize_nearest": (FLOOR_NEAREST, HALF_NEAREST), "resize_linear": (HALF, CORNERS)}
