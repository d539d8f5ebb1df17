"""Dtypes that tensorflow 2.21.0 has no kernel for, by op: written by ``docs/tools/lacking.py``."""

from __future__ import annotations

LACKING: dict[str, str] = {
    "attention": "lower_right upper_left",
    "bitwise_and": "bool",
    "bitwise_not": "bool",
    "bitwise_or": "bool",
    "bitwise_xor": "bool",
    "cross_entropy": "mean sum",
    "depth_to_space": "CRD",
    "dynamic:digamma": "bfloat16",
    "dynamic:lgamma": "bfloat16",
    "eager:digamma": "bfloat16",
    "eager:lgamma": "bfloat16",
    "erfinv": "bfloat16 float16",
    "fmod": "bfloat16 float16 int16 int8 uint16 uint32 uint64 uint8",
    "function:arange": "float16",
    "function:digamma": "bfloat16",
    "function:lgamma": "bfloat16",
    "greater": "bool",
    "greater_equal": "bool",
    "less": "bool",
    "less_equal": "bool",
    "one_hot": "bool",
    "pad": "edge wrap",
    "repeat": "uint16",
    "space_to_depth": "CRD",
    "tile": "uint16",
    "triu_tril": "bool",
    "xla:arange": "float16",
}
