"""Missing CPU and CUDA kernels of torch: it raises NotImplementedError, or reports that no engine was found.

Inductor generates pools of its own, which support integers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opassay.adapters.geometry import ALIKE
from opassay.harness.model.dtypes import is_float

Limit = Callable[[str, str, str, Mapping[str, Any]], str | None]
"""From the kind of device, mode, dtype and attributes to the reason, None where torch has a kernel."""


def limit(kind: str, op: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    """Why torch lacks ``op`` there, or None."""
    if op == "slice" and min(attributes["step"], default=1) < 0:
        return "torch has no negative steps"
    reason = _LIMITS.get(ALIKE.get(op, op)) if kind in ("cpu", "cuda") else None
    return None if reason is None or is_float(dtype) else reason(kind, mode, dtype, attributes)


def _convolution(kind: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    if kind != "cpu":
        return f"torch has no convolution for {dtype} on CUDA"
    if dtype != "int64" and any(d != 1 for d in attributes.get("dilation", ())):
        return f"torch has no dilated convolution for {dtype}"
    return None


def _transpose(kind: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    if kind == "cpu" and dtype == "int64":
        return None
    return f"torch has no transposed convolution for {dtype}" + ("" if kind == "cpu" else " on CUDA")


def _average(kind: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    missing = mode != "compile" and (dtype != "int64" or kind != "cpu")
    return f"torch has no average pool for {dtype} outside compile" if missing else None


def _maximum(kind: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    missing = mode != "compile" and kind != "cpu"
    return f"torch has no max pool for {dtype} on CUDA outside compile" if missing else None


def _unpool(kind: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    return f"torch has no max_unpool2d for {dtype} outside compile" if mode != "compile" else None


def _product(kind: str, mode: str, dtype: str, attributes: Mapping[str, Any]) -> str | None:
    return f"torch has no matmul for {dtype} on CUDA" if kind != "cpu" else None


_LIMITS: Mapping[str, Limit] = {
    "conv2d": _convolution,
    "conv2d_transpose": _transpose,
    "avg_pool2d": _average,
    "max_pool2d": _maximum,
    "max_pool2d_with_argmax": _maximum,
    "max_unpool2d": _unpool,
    "matmul": _product,
}
