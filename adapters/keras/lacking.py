"""Dtypes that keras 3.15.1 has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "cross_entropy": "mean sum",
    "depth_to_space": "CRD",
    "jax:attention": "float16",
    "jax:biased_attention": "float16",
    "jax:masked_attention": "float16",
    "space_to_depth": "CRD",
    "tensorflow:bitwise_and": "bool",
    "tensorflow:bitwise_not": "bool",
    "tensorflow:bitwise_or": "bool",
    "tensorflow:bitwise_xor": "bool",
    "tensorflow:greater": "bool",
    "tensorflow:greater_equal": "bool",
    "tensorflow:less": "bool",
    "tensorflow:less_equal": "bool",
    "tensorflow:pad": "edge wrap",
    "tensorflow:tile": "uint16",
    "torch:pad": "edge reflect symmetric wrap",
}
