"""What TensorFlow does not implement on any of its devices or compilers: a table by op.

Each entry was tested in TensorFlow 2.21, eager, as tf.function and through XLA. Ops that one of them lacks but other
ops can express are composed instead.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

_CONV = "tf.nn convolutions take float16, bfloat16, float32, float64 and int32 only"
_MATMUL = "tf.linalg.matmul has no kernel for int8 and uint8"
_AVERAGE = "tf.nn.avg_pool2d takes floating-point dtypes only"

DTYPES_WITHOUT_KERNEL: Mapping[str, Mapping[str, str]] = {
    "conv2d": dict.fromkeys(("int8", "uint8", "int64"), _CONV),
    "conv2d_transpose": dict.fromkeys(("int8", "uint8", "int64"), _CONV),
    "matmul": dict.fromkeys(("int8", "uint8"), _MATMUL),
    "avg_pool2d": dict.fromkeys(("int8", "uint8", "int32", "int64"), _AVERAGE),
}
"""Op → dtype of its first input → the reason."""


def steps_apart(op: str, attributes: Mapping[str, Any]) -> str | None:
    """Why ``tf.nn.depthwise_conv2d`` does not support these strides, as its page states, or None.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn/depthwise_conv2d
    """
    if op != "depthwise_conv2d" or min((*attributes["stride"], *attributes["dilation"])) < 1:
        return None
    if len(set(attributes["stride"])) > 1:
        return "tf.nn.depthwise_conv2d takes one stride for both axes"
    if max(attributes["stride"]) > 1 and max(attributes["dilation"]) > 1:
        return "tf.nn.depthwise_conv2d takes no dilation together with a stride"
    return None


def dilated_alone(op: str, dtype: str, attributes: Mapping[str, Any], onednn: Container[str]) -> str | None:
    """Why convolutions that are called unchanged have no gradient on the CPU, or None."""
    if op != "biased_conv2d" or dtype in onednn or max(attributes["dilation"]) < 2:
        return None
    return f"TensorFlow has no gradient of a dilated convolution for {dtype} on the CPU"
