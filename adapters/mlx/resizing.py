"""The resizing modes of ``mlx.nn.Upsample``. Does not import MLX."""

from __future__ import annotations

from opassay.adapters.resizing import HALF, Ways

RESIZES: Ways = {"resize_linear": ({**HALF, "coordinates": "half_pixel_symmetric"},)}
