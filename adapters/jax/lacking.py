"""Dtypes that jax 0.10.2 has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "attention": "float16",
    "biased_attention": "float16",
    "biased_conv2d": "CHW",
    "cross_entropy": "mean sum",
    "depthwise_conv2d": "CHW",
    "masked_attention": "float16",
}
