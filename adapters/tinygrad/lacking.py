"""Dtypes that tinygrad 0.14.0 has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "biased_conv2d": "CHW SAME SAME_LOWER",
    "biased_conv_transpose2d": "CHW",
    "ceil_avg_pool2d": "CHW SAME SAME_LOWER",
    "ceil_max_pool2d": "CHW SAME SAME_LOWER",
    "depthwise_conv2d": "CHW SAME",
}
