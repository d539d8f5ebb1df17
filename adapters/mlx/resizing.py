"""Which ways to resize ``mlx.nn.Upsample`` has. Free of MLX."""

from __future__ import annotations

from opassay.adapters.resizing import HALF, Ways

RESIZES: Ways = {"resize_linear": ({**HALF, "coordinates": "half_pixel_symmetric"},)}
