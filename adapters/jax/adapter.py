"""JAX behind the common op interface. Only a worker imports this module.

The other modules of this folder hold the ops, one file per family. NumPy never computes: every value comes from
``jax.lax`` or ``jax.numpy``, also where these differ from the contract.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import jaxlib
import numpy as np
from jax import lax

from opassay.adapters import instructions
from opassay.adapters.attention import with_attention
from opassay.adapters.cuda import CONVOLUTIONS, GPU_SHARE
from opassay.adapters.devices import cpu_name, cpu_number, plug_in
from opassay.adapters.expressions import ops_of
from opassay.adapters.jax import attention
from opassay.adapters.jax.expressions import EXPRESSIONS
from opassay.adapters.jax.lacking import LACKING
from opassay.adapters.jax.mapped import MappedOps, mapped, not_mapped
from opassay.adapters.jax.numerics import RULES, gpu_rules
from opassay.adapters.jax.resizing import RESIZES
from opassay.adapters.resizing import lacks_way
from opassay.adapters.sized import unsized
from opassay.adapters.strides import aligned, permuted
from opassay.harness.model.adapter import Adapter, Unconnected, allowed_threads, as_tuple
from opassay.harness.model.dtypes import BFLOAT16, is_float
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import Inferred

CONFIGURATION: Mapping[str, Any] = {
    "jax_enable_x64": True,  # else float64 and int64 silently become 32 bits wide
    "jax_default_matmul_precision": None,  # as shipped, whatever the environment says
    "jax_numpy_dtype_promotion": "standard",
    "jax_traceback_filtering": "off",  # else JAX hides its own frames and its errors seem to be raised here
}

XLA_ALIGNMENT = 64
"""Bytes: XLA uses a buffer aligned to this without a copy, and copies any other to row-major order."""

ANY_ORDER = jax.__version_info__ >= (0, 8)
"""Before, JAX read a transposed buffer as row-major (0.6), or failed to import (0.7) or compile it (0.5)."""

_BFLOAT16 = jnp.dtype(jnp.bfloat16)

# A pytree without leaves passes through jax.jit, so a compiled vjp can return it.
jax.tree_util.register_pytree_node(type(Unconnected), lambda _: ((), None), lambda _aux, _leaves: Unconnected)


ExpressionOps = ops_of(EXPRESSIONS, __file__, mapped, jax=attention.named(), jnp=jnp, lax=lax)


class JaxAdapter(MappedOps, ExpressionOps, Adapter):
    """JAX compiled whole by XLA (``jit``), one op after another (``eager``), or ``jit`` of mapped ops (``vmap``)."""

    name = "jax"
    modes = ("jit", "eager", "vmap")
    frameworks = ("jax", "jaxlib")
    fused_modes = frozenset({"jit", "vmap"})
    # XLA takes 1.1 s for the gradient of a convolution, relu and pool alone, and 1.5 s each for 16 of them together.
    fused_ops = 32
    lacking = LACKING
    threads_when_made = True

    def __init__(self, device: str = "cpu") -> None:
        _limit_threads(allowed_threads())
        _share_gpu()
        jax.config.update("jax_num_cpu_devices", cpu_number(device) + 1)
        for name, value in CONFIGURATION.items():
            jax.config.update(name, value)
        _keep_programs(os.environ.get("OPASSAY_CACHE", "off"))
        self._plugin = self._load_plugin()
        super().__init__(device)
        self._device = _devices(device)[device]

    def _load_plugin(self) -> str:
        """JAX loads installed PJRT plugins; one that registers itself otherwise is named by the target."""
        return plug_in()

    def devices(self) -> Sequence[str]:
        """``cpu``, ``cpu:N`` up to the requested one; GPUs, and the devices of the plugin platform requested."""
        return tuple(_devices(self.device))

    def version(self) -> str:
        return jax.__version__

    def origin(self) -> str:
        return jax.__file__

    def settings(self) -> Mapping[str, str]:
        """The settings that affect arithmetic or thread counts, as JAX reports them."""
        names = [name for name in CONFIGURATION if name != "jax_traceback_filtering"]
        return {
            **{name: str(getattr(jax.config, name)) for name in names},
            "jaxlib": jaxlib.__version__,
            **instructions.xla(),
            "XLA_FLAGS": os.environ.get("XLA_FLAGS", ""),
            "NPROC": os.environ.get("NPROC", ""),
            **({"plugin": self._plugin} if self._plugin else {}),
        }

    def numeric_rules(self) -> Sequence[NumericRule]:
        if self._device.platform == "cpu":
            return RULES
        return gpu_rules(self._device) if self._device.platform == "gpu" else ()

    def location(self, value: jax.Array) -> str:
        names = {device: name for name, device in _devices(self.device).items()} | {self._device: self.device}
        return " and ".join(sorted(names[device] for device in value.devices()))

    def executor(self) -> str:
        return with_attention(f"XLA:{self._device.platform.upper()}", attention.NAME)

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        """On a GPU XLA leaves convolutions to cuDNN, which supports floats, and int8 with output of another dtype."""
        if (way := lacks_way(op, attributes, RESIZES)) is not None:
            return way
        if mode != "eager" and (reason := unsized(op)) is not None:
            return reason
        if mode == "vmap" and (reason := not_mapped(op, attributes)) is not None:
            return reason
        if (reason := attention.refused(op, self._device.platform, dtypes)) is not None:
            return reason
        if self._device.platform != "gpu" or op not in CONVOLUTIONS or not dtypes or is_float(dtypes[0]):
            return None
        return f"JAX has no convolution for {dtypes[0]} on a GPU"

    def healthy(self) -> bool:
        """A CUDA error may be sticky: then not even a sum can be computed."""
        if self._device.platform == "cpu":
            return True
        try:
            jax.block_until_ready(jax.device_put(np.ones(1, np.float32), self._device) + 1)
        except RuntimeError:
            return False
        return True

    def to_native(self, array: np.ndarray) -> jax.Array:
        """By DLPack, in the caller's axis order, if the buffer is gapless; else a row-major copy."""
        return jax.device_put(_imported(array), self._device)

    def arguments(self, arrays: Sequence[np.ndarray], mode: str) -> Sequence[Any]:
        """NumPy arrays where ``jax.jit`` puts them on the device, which takes a tenth of ``device_put``'s time.

        Never for a GPU: an array imported from the host keeps a whole program there.
        """
        if mode == "jit" and self._device.platform == "cpu" and self._device == jax.devices()[0]:
            return [_imported(array) for array in arrays]
        return super().arguments(arrays, mode)

    def to_numpy(self, value: jax.Array) -> np.ndarray:
        array = np.asarray(value)
        return array.view(BFLOAT16) if array.dtype == _BFLOAT16 else array

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` under ``jax.jit``, or as it is: JAX then dispatches each primitive on its own."""
        return fn if mode == "eager" else jax.jit(self._traced(fn, mode))

    def _traced(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` as traced in ``mode``."""

        def mapped(*inputs: Any) -> Any:
            with self._mapped(True):
                return fn(*inputs)

        return mapped if mode == "vmap" else fn

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """As in the base class, but an unconnected input gets zeros: JAX does not distinguish the two."""
        return self.value_and_vjp(fn, inputs, cotangents)[1]

    def value_and_vjp(
        self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Both from one linearisation; gradients as in ``vjp``."""
        floating = [i for i, value in enumerate(inputs) if jnp.issubdtype(value.dtype, jnp.floating)]
        wanted = [i for i, cotangent in enumerate(cotangents) if cotangent is not None]
        gradients: list[Any] = [Unconnected] * len(inputs)
        if not floating or not wanted:
            return as_tuple(fn(*inputs)), tuple(gradients)

        def outputs(*values: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
            arguments = list(inputs)
            for position, value in zip(floating, values, strict=True):
                arguments[position] = value
            several = as_tuple(fn(*arguments))
            return tuple(several[i] for i in wanted), several

        _, pullback, several = jax.vjp(outputs, *(inputs[i] for i in floating), has_aux=True)
        for position, gradient in zip(floating, pullback(tuple(cotangents[i] for i in wanted)), strict=True):
            gradients[position] = gradient
        return several, tuple(gradients)

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """By ``jax.eval_shape``, which traces ``fn`` as ``jit`` would and compiles nothing."""
        outputs = jax.eval_shape(self._traced(fn, mode), *inputs)
        return [None if y is Unconnected else (y.shape, y.dtype.name) for y in outputs]


def _imported(array: np.ndarray) -> Any:
    """JAX takes no other strides than those of a transposition.

    Source: https://docs.jax.dev/en/latest/_autosummary/jax.dlpack.from_dlpack.html
    """
    if ANY_ORDER and permuted(array):
        return jax.dlpack.from_dlpack(aligned(array, XLA_ALIGNMENT))
    # device_put may alias its argument, so it gets a copy; bfloat16 as JAX's own dtype.
    return np.array(array.view(_BFLOAT16) if array.dtype == BFLOAT16 else array, order="C")


def _devices(asked: str) -> dict[str, jax.Device]:
    """By name: CPUs, GPUs, and those of the requested platform, whose first needs no number."""
    found = {cpu_name(number): device for number, device in enumerate(_of("cpu"))}
    for platform in {"cuda", asked.partition(":")[0]} - {"cpu"}:
        several = _of(platform)
        found.update({f"{platform}:{device.id}": device for device in several})
        found.update(zip([platform], several, strict=False))
    return found


def _of(platform: str) -> Sequence[jax.Device]:
    try:
        return list(jax.devices(platform))
    except RuntimeError:
        # JAX's message for a missing backend.
        return []


def _share_gpu() -> None:
    """By default each worker reserves three quarters of a GPU, even one that uses the CPU.

    Source: https://docs.jax.dev/en/latest/gpu_memory_allocation.html
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", str(GPU_SHARE))


def _keep_programs(folder: str) -> None:
    """Cache all of XLA's programs across processes: compilation is most of a case's cost.

    Source: https://docs.jax.dev/en/latest/persistent_compilation_cache.html
    """
    if folder == "off":
        return
    jax.config.update("jax_compilation_cache_dir", os.path.join(folder, "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    # With a size limit, each new program scans all others, under a lock that the other workers poll.
    jax.config.update("jax_compilation_cache_max_size", -1)


def _limit_threads(count: int) -> None:
    """Must run before JAX's first computation: XLA reads both once. It sizes its pools by NPROC alone."""
    os.environ["NPROC"] = str(count)
    flag = "--xla_cpu_multi_thread_eigen=false"
    flags = os.environ.get("XLA_FLAGS", "")
    if count == 1 and flag not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {flag}".strip()
