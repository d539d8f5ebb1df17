"""Dtypes that openvino 2026.4.1 has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "adaptive_avg_pool2d": "CHW",
    "biased_conv2d": "CHW",
    "biased_conv_transpose2d": "CHW",
    "ceil_avg_pool2d": "CHW",
    "ceil_max_pool2d": "CHW",
    "depthwise_conv2d": "CHW",
    "pad": "wrap",
    "round_to_float8": "float8_e4m3fnuz float8_e5m2fnuz",
}
