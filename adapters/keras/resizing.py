"""The resizing modes of ``keras.ops.image.resize``, by its backend. Does not import Keras."""

from __future__ import annotations

from collections.abc import Mapping

from opassay.adapters.resizing import FILTERED, HALF, HALF_NEAREST, KEYS, LEGACY, Ways, over

ANY: Ways = {"resize_nearest": (HALF_NEAREST,), "resize_linear": (HALF, FILTERED), "resize_cubic": (KEYS,)}
ON_TORCH: Ways = {**ANY, "resize_cubic": ({**LEGACY, "coordinates": "half_pixel"}, {**KEYS, "antialias": True})}
RESIZES: Mapping[str, Ways] = {
    "tensorflow": over(2, ANY),
    "jax": over(2, ANY),
    "torch": over(2, ON_TORCH),
}
