"""Dtypes that OpenVINO's CPU plugin computes in, by op. Does not import OpenVINO.

It accepts others too, and converts them: float64 to float32, int64 to int32, and integers of convolutions, products
and maxima to float32. Such answers are not answers of that dtype. The list follows the precisions that compiled models
of 2026.4 report.
Source: https://docs.openvino.ai/2025/openvino-workflow/running-inference/inference-devices-and-modes/cpu-device.html
"""

from __future__ import annotations

from collections.abc import Mapping

from opassay.adapters.geometry import ALIKE

_FLOATS = ("float16", "bfloat16", "float32")
_ALL = (*_FLOATS, "int8", "uint8", "int32")

KERNELS: Mapping[str, tuple[str, ...]] = {
    "conv2d": _FLOATS,
    "conv2d_transpose": _FLOATS,
    "max_pool2d": (*_FLOATS, "int8", "uint8"),
    "max_pool2d_with_argmax": ("float16", "float32", "int8", "uint8"),
    "avg_pool2d": _FLOATS,
    "max_unpool2d": _ALL,
    "avg_unpool2d": _ALL,
    "relu": (*_FLOATS, "int8", "uint8"),
    "matmul": _FLOATS,
    "scatter_nd": _ALL,
    "stop_gradient": (*_ALL, "float64", "int64"),
    "resize_nearest": (*_FLOATS, "int8", "uint8"),
}

_CONVERTED = {"float64": "float32", "int64": "int32"}

_DATA = dict.fromkeys(
    (
        "scatter_nd",
        "where",
        "gather",
        "embedding",
        "gather_elements",
        "gather_nd",
        "scatter_elements",
        "masked_fill",
        "masked_select",
    ),
    1,
)
"""The input whose dtype counts, where it is not the first."""


def lacks(op: str, dtypes: tuple[str, ...]) -> str | None:
    """Why OpenVINO does not support this, or None."""
    place = _DATA.get(op, 0)
    if len(dtypes) <= place or dtypes[place] in KERNELS.get(ALIKE.get(op, op), (*_ALL, "bool")):
        return None
    dtype = dtypes[place]
    if dtype == "bfloat16":
        return f"OpenVINO's CPU plugin has no {op} for bfloat16"
    return f"OpenVINO's CPU plugin computes {op} of {dtype} in {_CONVERTED.get(dtype, 'float32')}"
