"""Dtypes that onnxruntime's CPU provider has a kernel for, by op. Does not import onnxruntime.

Each was tested in onnxruntime 1.32 with opset 22: a model with another dtype is refused, as ``NotImplemented``
or as a type that the op's schema lacks. float16 is cast to float32 and back where there is no kernel of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from opassay.adapters.geometry import ALIKE

_EVERY = ("float16", "bfloat16", "float32", "float64", "int8", "uint8", "int32", "int64")
_HALF_AND_SINGLE = ("float16", "float32")

KERNELS: Mapping[str, tuple[str, ...]] = {
    "conv2d": _HALF_AND_SINGLE,
    "conv2d_transpose": _HALF_AND_SINGLE,
    "max_pool2d": ("float16", "float32", "float64", "int8", "uint8"),
    "max_pool2d_with_argmax": ("float16", "float32", "float64", "int8", "uint8"),
    "avg_pool2d": _HALF_AND_SINGLE,
    "max_unpool2d": _HALF_AND_SINGLE,
    "avg_unpool2d": tuple(dtype for dtype in _EVERY if dtype != "bfloat16"),
    "relu": ("float16", "float32", "float64", "int8", "int32"),
    "matmul": ("float16", "float32", "float64", "int32", "int64"),
    "scatter_nd": ("float32", "float64", "int8", "uint8", "int32", "int64"),
    "stop_gradient": _EVERY,
}

RESIZED = ("float16", "float32", "int8", "uint8", "int32")
"""Dtypes that ``Resize`` supports."""

_NODES = {
    "conv2d": "Conv",
    "conv2d_transpose": "ConvTranspose",
    "max_pool2d": "MaxPool",
    "max_pool2d_with_argmax": "MaxPool",
    "avg_pool2d": "AveragePool",
    "max_unpool2d": "MaxUnpool",
    "avg_unpool2d": "Resize or Expand",
    "relu": "Relu",
    "matmul": "MatMul",
    "scatter_nd": "ScatterND with the reduction add",
}

DATA = {"scatter_nd": 1}
"""The input whose dtype counts, where it is not the first."""


def lacks(op: str, dtypes: tuple[str, ...]) -> str | None:
    """Why onnxruntime does not support this, or None."""
    place = DATA.get(op, 0)
    if len(dtypes) <= place or dtypes[place] in KERNELS.get(ALIKE.get(op, op), dtypes):
        return None
    return f"onnxruntime's CPU provider has no kernel of {_NODES[ALIKE.get(op, op)]} for {dtypes[place]}"
