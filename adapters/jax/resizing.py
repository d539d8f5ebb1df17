"""The resizing modes of ``jax.image.resize``. Does not import JAX."""

from __future__ import annotations

from opassay.adapters.resizing import FILTERED, HALF, HALF_NEAREST, KEYS, LEGACY, Ways

RESIZES: Ways = {
    "resize_nearest": (HALF_NEAREST,),
    "resize_linear": (HALF, FILTERED),
    "resize_cubic": (KEYS, {**LEGACY, "coordinates": "half_pixel"}),
}
