"""What TensorFlow does not implement on any of its devices or compilers: a table by op.

Each entry was tried in TensorFlow 2.21, eager, as tf.function and through XLA. What one of them lacks
but another op can express is composed instead.
"""

from __future__ import annotations

from collections.abc import Mapping

_CONV = "tf.nn convolutions take float16, bfloat16, float32, float64 and int32 only"
_MATMUL = "tf.linalg.matmul has no kernel for int8 and uint8"
_AVERAGE = "tf.nn.avg_pool2d takes floating-point dtypes only"

DTYPES_WITHOUT_KERNEL: Mapping[str, Mapping[str, str]] = {
    "conv2d": dict.fromkeys(("int8", "uint8", "int64"), _CONV),
    "conv2d_transpose": dict.fromkeys(("int8", "uint8", "int64"), _CONV),
    "matmul": dict.fromkeys(("int8", "uint8"), _MATMUL),
    "avg_pool2d": dict.fromkeys(("int8", "uint8", "int32", "int64"), _AVERAGE),
}
"""Op → dtype of its first input → why not."""
