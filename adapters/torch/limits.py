"""What torch has no kernel for, per device: it answers NotImplementedError, or that no engine was found.

Inductor writes pools of its own, which take integers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opassay.adapters.geometry import ALIKE
from opassay.harness.model.dtypes import is_float

Limit = Callable[[str, str, str, Mapping[str, Any]], str | None]
"""From device, mode, dtype and attributes to the reason, None where torch can."""


def limit(device: str, op: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    """Why torch lacks ``op`` there, or None."""
    if op == "slice" and min(attributes["step"], default=1) < 0:
        return "torch has no negative steps"
    reason = _LIMITS.get(ALIKE.get(op, op))
    return None if reason is None or is_float(dtype) else reason(device, mode, dtype, attributes)


def _convolution(device: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    if device != "cpu":
        return f"torch has no convolution for {dtype} on CUDA"
    if dtype != "int64" and any(d != 1 for d in attributes.get("dilation", ())):
        return f"torch has no dilated convolution for {dtype}"
    return None


def _transpose(device: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    if device == "cpu" and dtype == "int64":
        return None
    return f"torch has no transposed convolution for {dtype}" + ("" if device == "cpu" else " on CUDA")


def _average(device: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    missing = mode != "compile" and (dtype != "int64" or device != "cpu")
    return f"torch has no average pool for {dtype} outside compile" if missing else None


def _maximum(device: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    missing = mode != "compile" and device != "cpu"
    return f"torch has no max pool for {dtype} on CUDA outside compile" if missing else None


def _unpool(device: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    return f"torch has no max_unpool2d for {dtype} outside compile" if mode != "compile" else None


def _product(device: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    return f"torch has no matmul for {dtype} on CUDA" if device != "cpu" else None


_LIMITS: Mapping[str, Limit] = {
    "conv2d": _convolution,
    "conv2d_transpose": _transpose,
    "avg_pool2d": _average,
    "max_pool2d": _maximum,
    "max_pool2d_with_argmax": _maximum,
    "max_unpool2d": _unpool,
    "matmul": _product,
}
