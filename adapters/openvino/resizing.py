"""The resizing modes of ``Interpolate`` of OpenVINO. Does not import OpenVINO."""

from __future__ import annotations

from opassay.adapters.resizing import Ways

COORDINATES = {"coordinates": ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")}
PLAIN = {**COORDINATES, "antialias": False, "edges": "clamped"}
RESIZES: Ways = {"resize_nearest": (COORDINATES,), "resize_linear": (PLAIN,), "resize_cubic": (PLAIN,)}
