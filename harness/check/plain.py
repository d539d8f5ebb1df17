"""The adapter of NumPy arrays, for functions that use no framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.dtypes import DTYPES


class NumPyAdapter(Adapter):
    """NumPy itself, without ops: the user's function is the op."""

    name = "numpy"
    modes = ("call",)
    dtypes = tuple(name for name in DTYPES if name != "bfloat16")

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        return np.__version__

    def origin(self) -> str:
        return str(np.__file__)

    def to_native(self, array: np.ndarray) -> np.ndarray:
        return array

    def alias(self, array: np.ndarray) -> np.ndarray:
        return array

    def to_numpy(self, value: Any) -> np.ndarray:
        return np.array(value if isinstance(value, (np.ndarray, np.generic)) else np.from_dlpack(value))

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        return fn

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        raise Unsupported("NumPy differentiates nothing")
