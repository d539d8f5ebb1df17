"""Pins of resized images: a small one each, by hand."""

from __future__ import annotations

from typing import Any

from opassay.cases.movement_pins import small
from opassay.cases.pins import literal

LINE = literal((1, 1, 4), (1, 2, 4, 8))
PAIR = literal((1, 1, 2), (0, 8))
BY_SIZE: dict[str, Any] = {"scales": False, "coordinates": "half_pixel"}
PLAIN: dict[str, Any] = {"antialias": False, "edges": "clamped", "integers": False}

NEAREST = small("resize_nearest", (LINE,), [[[1, 2, 2, 4, 8, 8]]], size=(6,), rounding="round_prefer_ceil", **BY_SIZE)
LINEAR = small("resize_linear", (PAIR,), [[[0, 2, 6, 8]]], size=(4,), **BY_SIZE, **PLAIN)
CUBIC = small("resize_cubic", (LINE,), [[[2.71875]]], size=(1,), coefficient=-0.75, **BY_SIZE, **PLAIN)
