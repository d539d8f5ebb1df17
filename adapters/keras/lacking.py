"""Dtypes that keras 3.15.1 has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "adaptive_avg_pool2d": "CHW",
    "biased_conv2d": "CHW SAME_LOWER",
    "cross_entropy": "mean sum",
    "depth_to_space": "CRD",
    "depthwise_conv2d": "CHW",
    "jax:attention": "float16",
    "jax:biased_attention": "float16",
    "jax:masked_attention": "float16",
    "matmul_widened": "bfloat16 float16",
    "space_to_depth": "CRD",
    "tensorflow:avg_pool3d": "float16 float64",
    "tensorflow:bitwise_and": "bool",
    "tensorflow:bitwise_not": "bool",
    "tensorflow:bitwise_or": "bool",
    "tensorflow:bitwise_xor": "bool",
    "tensorflow:conv3d": "int32",
    "tensorflow:conv_transpose3d": "int32",
    "tensorflow:greater": "bool",
    "tensorflow:greater_equal": "bool",
    "tensorflow:less": "bool",
    "tensorflow:less_equal": "bool",
    "tensorflow:max_pool3d": "float16 float64 int32 int64 int8 uint8",
    "tensorflow:pad": "edge wrap",
    "tensorflow:tile": "uint16",
    "torch:avg_pool3d": "bfloat16 float16",
    "torch:max_pool1d": "int32 int64 int8 uint8",
    "torch:pad": "edge reflect symmetric wrap",
}
