"""tinygrad behind the common op interface, on its CPU device. Only a worker imports this module.

tinygrad compiles each kernel with ``clang``, or with what the variable ``CC`` names.
Source: https://docs.tinygrad.org/runtime/
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from opassay.harness.model.adapter import Adapter, Unconnected, Unsupported, allowed_threads, as_tuple

# Read while tinygrad is imported. OPASSAY_CACHE names a folder, or is "off".
os.environ["DEV"] = "CPU"
os.environ["CACHELEVEL"] = "0" if os.environ.get("OPASSAY_CACHE", "off") == "off" else "2"
os.environ["CACHEDB"] = os.path.join(os.environ.get("OPASSAY_CACHE", ""), "tinygrad", "kernels.db")
os.environ["NUM_CPU_THREADS"] = str(allowed_threads())
# Else kernels are compiled by processes that each import tinygrad, and end after 16 of them.
os.environ.setdefault("PARALLEL", "0")

import numpy as np
import tinygrad
from tinygrad import Tensor, dtypes

from opassay.adapters.expressions import ops_of
from opassay.adapters.resizing import lacks_way
from opassay.adapters.tinygrad.conv import ConvOps
from opassay.adapters.tinygrad.expressions import EXPRESSIONS
from opassay.adapters.tinygrad.gradients import value_and_vjp
from opassay.adapters.tinygrad.lacking import LACKING
from opassay.adapters.tinygrad.pool import PoolOps
from opassay.adapters.tinygrad.resizing import RESIZES
from opassay.adapters.tinygrad.scatter import ScatterOps
from opassay.harness.model.dtypes import BFLOAT16
from opassay.harness.model.outcome import Inferred

DTYPES = {
    dtypes.float16: "float16",
    dtypes.bfloat16: "bfloat16",
    dtypes.float32: "float32",
    dtypes.float64: "float64",
    dtypes.int8: "int8",
    dtypes.uint8: "uint8",
    dtypes.int16: "int16",
    dtypes.uint16: "uint16",
    dtypes.uint32: "uint32",
    dtypes.uint64: "uint64",
    dtypes.bool: "bool",
    dtypes.int32: "int32",
    dtypes.int64: "int64",
}
"""tinygrad's dtypes by opassay's names."""

_NATIVE = {name: dtype for dtype, name in DTYPES.items()}

NO_BFLOAT16 = f"{os.environ.get('CC', 'clang')} has no __bf16 for this processor"
_VIEWS = ("stop_gradient", "reshape", "unsqueeze")
"""Ops without a kernel, but for their gradients."""

ExpressionOps = ops_of(EXPRESSIONS, __file__, dtypes=dtypes)


class TinygradAdapter(ConvOps, PoolOps, ScatterOps, ExpressionOps, Adapter):
    """tinygrad by default: lazy; each program is scheduled, compiled and run as a whole."""

    name = "tinygrad"
    modes = ("realize",)
    lacking = LACKING

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        return importlib.metadata.version("tinygrad")

    def origin(self) -> str:
        return str(tinygrad.__file__)

    def settings(self) -> Mapping[str, str]:
        return {name: os.environ.get(name, "") for name in ("DEV", "CC", "NOOPT", "BEAM", "WINO", "NUM_CPU_THREADS")}

    def executor(self) -> str:
        return type(tinygrad.Device["CPU"].renderer).__name__

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        if "bfloat16" in (*dtypes, attributes.get("to")) and op not in _VIEWS and not _compiles_bfloat16():
            return NO_BFLOAT16
        return lacks_way(op, attributes, RESIZES)

    def to_native(self, array: np.ndarray) -> Tensor:
        """A row-major copy; bfloat16 as bits, since NumPy lacks the dtype."""
        if array.dtype == BFLOAT16:
            return _copied(array.view(np.uint16), dtypes.uint16).bitcast(dtypes.bfloat16).contiguous().realize()
        return _copied(array, _NATIVE[array.dtype.name])

    def to_numpy(self, value: Tensor) -> np.ndarray:
        if value.dtype == dtypes.bfloat16:
            # Tensor.data has no format for bfloat16, Tensor.numpy makes it float32.
            bits = value._data() if value.numel() else b""
            return np.frombuffer(bits, np.uint16).copy().reshape(value.shape).view(BFLOAT16)
        return np.array(value.numpy())

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn``, with all its results computed together."""

        def realized(*inputs: Any) -> Any:
            outputs = fn(*inputs)
            tensors = [y for y in as_tuple(outputs) if y is not Unconnected]
            if tensors:
                Tensor.realize(*tensors)
            return outputs

        return realized

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """As in the base class, but an unconnected input gets zeros: tinygrad does not distinguish the two."""
        return self.value_and_vjp(fn, inputs, cotangents)[1]

    def value_and_vjp(
        self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Both from one lazy graph; gradients as in ``vjp``."""
        if any(x.dtype == dtypes.bfloat16 for x in inputs) and not _compiles_bfloat16():
            raise Unsupported(NO_BFLOAT16)
        return value_and_vjp(fn, inputs, cotangents)

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """Shape and dtype of a lazy tensor, before it is computed."""
        return [_inferred(y) for y in as_tuple(fn(*inputs))]


@cache
def _compiles_bfloat16() -> bool:
    """Whether the system's C compiler supports the bfloat16 type that tinygrad generates."""
    try:
        tinygrad.Device["CPU"].renderer.compiler.compile("__bf16 same(__bf16 x) { return x; }")
    except subprocess.CalledProcessError:
        return False
    return True


def _copied(array: np.ndarray, dtype: Any) -> Tensor:
    # From an array without axes tinygrad would make a constant, which does not keep the bits of a NaN.
    return Tensor(np.array(array, order="C").reshape(-1), dtype=dtype).realize().reshape(array.shape)


def _inferred(y: Any) -> Inferred | None:
    return None if y is Unconnected else (tuple(y.shape), DTYPES.get(y.dtype, str(y.dtype)))
