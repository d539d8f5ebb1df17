"""MLX behind the common op interface, on its CPU backend. Only a worker imports this module.

MLX is lazy: results are computed on demand.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np

from opassay.adapters.expressions import ops_of
from opassay.adapters.gradients import by_pullback
from opassay.adapters.mlx.expressions import EXPRESSIONS
from opassay.adapters.mlx.lacking import LACKING
from opassay.adapters.mlx.resizing import RESIZES
from opassay.adapters.mlx.windows import WindowOps
from opassay.adapters.resizing import lacks_way
from opassay.adapters.tracing import leaves
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, Unconnected, as_tuple
from opassay.harness.model.dtypes import BFLOAT16, is_float
from opassay.harness.model.outcome import Inferred

DTYPES = {name: getattr(mx, "bool_" if name == "bool" else name) for name in dtypes.DTYPES}
"""MLX's dtypes by opassay's names."""

_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_BITS = {"bfloat16": mx.uint16, "float64": mx.uint64}
"""Dtypes that MLX takes from NumPy as bits: NumPy lacks the one, and MLX would round the other to float32."""

_PRODUCTS = ("matmul", "bmm", "linear", "conv2d", "conv2d_transpose")

ExpressionOps = ops_of(EXPRESSIONS, __file__, mx=mx, nn=nn, DTYPES=DTYPES)


class MlxAdapter(WindowOps, ExpressionOps, Adapter):
    """``mlx.core`` and ``mlx.nn``, each op by itself or a function through ``mx.compile``."""

    name = "mlx"
    modes = ("eager", "compile")
    frameworks = ("mlx",)
    # MLX builds a C++ kernel for each fused part.
    costly_modes = ("compile",)
    lacking = LACKING

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        mx.set_default_device(mx.cpu)

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        return importlib.metadata.version("mlx")

    def origin(self) -> str:
        return str(mx.__file__)

    def settings(self) -> Mapping[str, str]:
        return {"device": str(mx.default_device())}

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        if min(attributes.get("new_shape", ()), default=0) < -1:
            return "MLX makes arrays of negative extents, which nothing else can hold"
        whole = op in _PRODUCTS and dtypes and not is_float(dtypes[-1])
        if whole:
            return f"MLX multiplies and convolves floats only, not {dtypes[-1]}"
        return lacks_way(op, attributes, RESIZES)

    def to_native(self, array: np.ndarray) -> mx.array:
        """A row-major copy, of some dtypes as bits."""
        name = dtypes.dtype_name(array)
        if name in _BITS:
            return mx.view(mx.array(np.array(array, order="C").view(f"u{array.itemsize}")), DTYPES[name])
        return mx.array(np.array(array, order="C"))

    def to_numpy(self, value: mx.array) -> np.ndarray:
        if value.dtype == mx.bfloat16:
            return np.array(mx.view(value, mx.uint16)).view(BFLOAT16)
        return np.array(value)

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn``, with all its results computed together.

        Some functions of ``mlx.nn`` compile themselves, with a C++ compiler; that is disabled unless the mode compiles.
        """
        (mx.enable_compile if mode == "compile" else mx.disable_compile)()
        made = _compiled(fn) if mode == "compile" else fn

        def computed(*inputs: Any) -> Any:
            outputs = made(*inputs)
            mx.eval([y for y in leaves(outputs) if y is not Unconnected])
            return outputs

        return computed

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """As in the base class, but an unconnected input gets zeros: MLX does not distinguish the two."""
        return by_pullback(_pull, fn, inputs, cotangents, _floating)

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """Shape and dtype of an array that is not computed yet."""
        return [None if y is Unconnected else (tuple(y.shape), _NAMES[y.dtype]) for y in as_tuple(fn(*inputs))]


def _compiled(fn: Callable[..., Any]) -> Callable[..., Any]:
    """``mx.compile`` supports functions of arrays only: other results are kept from the trace."""
    told: list[Any] = []

    def arrays(*inputs: Any) -> list[Any]:
        told[:] = as_tuple(fn(*inputs))
        return [y for y in told if y is not Unconnected]

    compiled = mx.compile(arrays)

    def call(*inputs: Any) -> tuple[Any, ...]:
        found = iter(compiled(*inputs))
        return tuple(y if y is Unconnected else next(found) for y in told)

    return call


def _pull(fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
    found: list[Any] = mx.vjp(lambda *xs: list(fn(*xs)), list(inputs), list(cotangents))[1]
    return found


def _floating(x: Any) -> bool:
    return bool(mx.issubdtype(x.dtype, mx.floating))
