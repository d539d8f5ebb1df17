"""What Paddle has no CPU kernel or no parameter for. Does not import Paddle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_WIDE = ("float32", "float64")

KERNELS: Mapping[str, tuple[str, ...]] = {
    "conv2d": _WIDE,
    "conv2d_transpose": _WIDE,
    "max_pool2d": ("float16", *_WIDE),
    "max_pool2d_with_argmax": _WIDE,
    "avg_pool2d": ("float16", *_WIDE),
    "max_unpool2d": (*_WIDE, "int64"),
    "avg_unpool2d": ("float16", "bfloat16", *_WIDE, "uint8", "int32", "int64"),
    "relu": _WIDE,
    "relu6": _WIDE,
    "l1_loss": _WIDE,
    "matmul": (*_WIDE, "int32", "int64"),
    "scatter_nd": (*_WIDE, "uint8", "int32", "int64"),
}
"""The dtypes of each op's own CPU kernel, as listed in Paddle's error for another dtype.

A static graph passes bfloat16 to oneDNN's kernels instead, whose convolutions, pools, relu6 and abs end the process
(Paddle 3.3.1), a relu6 also some cases later.
The documentation of these functions names float32 and float64.
"""


def lacks(op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
    """Why Paddle has no such op, or None."""
    # A scatter's data is its second input.
    dtype = dtypes[op == "scatter_nd"] if len(dtypes) > (op == "scatter_nd") else ""
    if dtype and dtype not in KERNELS.get(op, (dtype,)):
        return f"Paddle has no CPU kernel of its own of {op} for {dtype}"
    if op == "stop_gradient" and mode == "static" and dtype == "bfloat16":
        return "Paddle cannot detach bfloat16 in a static graph: share_data_ has no such kernel"
    if op in ("max_pool2d", "max_pool2d_with_argmax") and any(d != 1 for d in attributes.get("dilation", ())):
        return "F.max_pool2d of Paddle has no dilation"
    return None
