"""Dtypes that mlx 0.32.4 has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "attention": "upper_left",
    "biased_conv2d": "CHW SAME SAME_LOWER",
    "conv2d_transpose": "float64",
    "depthwise_conv2d": "CHW SAME",
    "pad": "wrap",
}
