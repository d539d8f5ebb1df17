"""Any backend that takes a StableHLO module and arrays, and returns arrays: named by the user's own target.

JAX makes the module from its own expressions, gradients included. By default, StableHLO's interpreter runs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from opassay.adapters.attention import with_attention
from opassay.adapters.backend import checked, is_command, named, with_version
from opassay.adapters.jax import attention
from opassay.adapters.jax.adapter import JaxAdapter
from opassay.harness.model.dtypes import BFLOAT16, DTYPES
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.target import BACKEND

REFERENCE = "opassay.adapters.stablehlo.backends:reference"
_BFLOAT16 = jax.numpy.dtype(jax.numpy.bfloat16)


class StableHloAdapter(JaxAdapter):
    """StableHLO modules through a backend that is a Python callable or a command; its errors are the backend's."""

    name = "stablehlo"
    modes = ("module",)
    frameworks = ("jax", "jaxlib", "opassay.adapters.backend")
    fused_modes = frozenset({"module"})

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        self._name = os.environ.get(BACKEND, REFERENCE)
        self._backend = named(self._name, "model.mlir")
        self._executor = with_version(self._name)
        if is_command(self._name) or self._name == REFERENCE:
            # NumPy's files have no bfloat16, and the interpreter returns none.
            self.dtypes = tuple(name for name in DTYPES if name != "bfloat16")

    def _load_plugin(self) -> str:
        """The target names the backend that runs the module, and no plugin of JAX."""
        return ""

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def settings(self) -> Mapping[str, str]:
        return {**super().settings(), "backend": self._name}

    def numeric_rules(self) -> Sequence[NumericRule]:
        return ()

    def executor(self) -> str:
        return with_attention(self._executor, attention.NAME)

    def location(self, value: np.ndarray) -> str:
        return self.device

    def to_native(self, array: np.ndarray) -> np.ndarray:
        return np.array(array.view(_BFLOAT16) if array.dtype == BFLOAT16 else array, order="C")

    def arguments(self, arrays: Sequence[np.ndarray], mode: str) -> Sequence[Any]:
        return [self.to_native(array) for array in arrays]

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` as a module built for the first arrays."""
        made: list[Callable[..., Any]] = []

        def run(*arrays: np.ndarray) -> Any:
            if not made:
                made.append(self._module(fn, arrays))
            return made[0](*arrays)

        return run

    def _module(self, fn: Callable[..., Any], arrays: Sequence[np.ndarray]) -> Callable[..., Any]:
        """Source: https://docs.jax.dev/en/latest/export/export.html"""
        shapes = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
        exported = jax.export.export(jax.jit(fn, keep_unused=True), platforms=["cpu"])(*shapes)
        run, outputs = self._backend(exported.mlir_module().encode()), len(exported.out_avals)
        return lambda *given: jax.tree.unflatten(exported.out_tree, checked(run(given), outputs, self.dtypes))
