"""Keras 3 behind the common op interface: ``keras.ops`` on the backend that the mode names.

Keras reads ``KERAS_BACKEND`` once, while it is imported, so a process has one backend: the mode that its worker
was started for. Source: https://keras.io/getting_started/#configuring-your-backend
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from opassay.harness.model.adapter import Adapter, Unconnected, Unsupported, allowed_threads, as_tuple
from opassay.harness.model.dtypes import BFLOAT16, DTYPES
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import Inferred

BACKEND = os.environ.get("OPASSAY_MODE", "tensorflow")
os.environ["KERAS_BACKEND"] = BACKEND
# Before Keras, which starts its backend.
_backend = importlib.import_module(f"opassay.adapters.keras.backends.{BACKEND}")

import keras  # noqa: E402
from keras import ops  # noqa: E402

from opassay.adapters.attention import with_attention  # noqa: E402
from opassay.adapters.expressions import ops_of  # noqa: E402
from opassay.adapters.geometry import ALIKE  # noqa: E402
from opassay.adapters.keras import attention  # noqa: E402
from opassay.adapters.keras.conv import ConvOps  # noqa: E402
from opassay.adapters.keras.expressions import EXPRESSIONS  # noqa: E402
from opassay.adapters.keras.lacking import LACKING  # noqa: E402
from opassay.adapters.keras.limits import LIMITS  # noqa: E402
from opassay.adapters.keras.numerics import rules  # noqa: E402
from opassay.adapters.keras.pool import PoolOps  # noqa: E402
from opassay.adapters.keras.resizing import RESIZES  # noqa: E402
from opassay.adapters.resizing import lacks_way  # noqa: E402
from opassay.adapters.sized import unsized  # noqa: E402

keras.config.disable_traceback_filtering()


ExpressionOps = ops_of(EXPRESSIONS, __file__, ops=attention.named())


class KerasAdapter(ConvOps, PoolOps, ExpressionOps, Adapter):
    """Keras, each mode a backend: op by op on TensorFlow and torch, compiled by ``jax.jit`` on JAX.

    ``max_pool2d_with_argmax`` and ``max_unpool2d`` are absent, as they are from ``keras.ops``.
    """

    name = "keras"
    modes = ("tensorflow", "torch", "jax")
    frameworks = ("keras", "tensorflow", "torch", "jax", "jaxlib")
    fused_modes = frozenset({"jax"})
    # On torch, Keras uses wider dtypes for unsigned integers: keras/src/backend/torch/core.py, TORCH_DTYPES.
    dtypes = tuple(d for d in DTYPES if BACKEND != "torch" or d not in ("uint16", "uint32", "uint64"))
    fused_ops = 32
    lacking = LACKING
    threads_when_made = True

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        _backend.limit_threads(allowed_threads())
        # The other backends need a process of their own.
        self.modes = (BACKEND,)

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        return str(keras.__version__)

    def origin(self) -> str:
        return str(keras.__file__)

    def settings(self) -> Mapping[str, str]:
        return {"backend": keras.backend.backend(), "floatx": keras.config.floatx(), **_backend.settings()}

    def numeric_rules(self) -> Sequence[NumericRule]:
        return rules(BACKEND)

    def executor(self) -> str:
        return with_attention(str(_backend.EXECUTOR), attention.NAME)

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        if mode == "jax" and (told := unsized(op)) is not None:
            return told
        if (way := lacks_way(op, attributes, RESIZES[BACKEND])) is not None:
            return way
        reason = LIMITS.get(ALIKE.get(op, op))
        return reason(mode, dtypes[0], attributes, _backend.onednn()) if reason and dtypes else None

    def to_native(self, array: np.ndarray) -> Any:
        """A row-major copy; bfloat16 as bits, since NumPy lacks the dtype."""
        if array.dtype == BFLOAT16:
            return ops.view(ops.convert_to_tensor(np.array(array.view(np.int16), order="C")), "bfloat16")
        return ops.convert_to_tensor(np.array(array, order="C"))

    def to_numpy(self, value: Any) -> np.ndarray:
        if keras.backend.standardize_dtype(value.dtype) == "bfloat16":
            return np.array(ops.convert_to_numpy(ops.view(value, "int16"))).view(BFLOAT16)
        return np.array(ops.convert_to_numpy(value))

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        return _backend.compiled(fn)

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """As in the base class, by the backend's autodiff: Keras has none. JAX gives zeros for unconnected inputs."""
        return self.value_and_vjp(fn, inputs, cotangents)[1]

    def value_and_vjp(
        self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Both from one recording of the backend."""
        if any(isinstance(x, keras.KerasTensor) for x in inputs):
            raise Unsupported("Keras infers no shapes of gradients")
        found: tuple[tuple[Any, ...], tuple[Any, ...]] = _backend.value_and_vjp(fn, inputs, cotangents)
        return found

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """By ``KerasTensor``, with which Keras builds functional models.

        Source: https://keras.io/api/layers/core_layers/input/
        """
        outputs = fn(*(keras.KerasTensor(tuple(x.shape), keras.backend.standardize_dtype(x.dtype)) for x in inputs))
        return [None if y is Unconnected else (tuple(y.shape), y.dtype) for y in as_tuple(outputs)]
