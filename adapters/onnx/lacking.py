"""Dtypes and words of attributes that no operator of ONNX can be told, by op, whoever runs the model."""

from __future__ import annotations

from collections.abc import Mapping

LACKING: dict[str, str] = {
    "adaptive_avg_pool2d": "CHW",
    "biased_conv2d": "CHW",
    "biased_conv_transpose2d": "CHW",
    "ceil_avg_pool2d": "CHW",
    "ceil_max_pool2d": "CHW",
    "depthwise_conv2d": "CHW",
    "matmul_widened": "bfloat16 float16",
    "pad": "symmetric",
    "space_to_depth": "CRD",
}


def besides(kernels: Mapping[str, str]) -> dict[str, str]:
    """The same, and the kernels that a backend lacks."""
    return {op: f"{LACKING.get(op, '')} {kernels.get(op, '')}".strip() for op in {**LACKING, **kernels}}
