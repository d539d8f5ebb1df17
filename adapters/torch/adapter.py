"""PyTorch: its public functional API behind the common op interface.

Layouts are views (``movedim``), so an NHWC tensor reaches torch's kernels in its channels-last memory format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._dynamo.utils import counters
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from opassay.adapters import instructions
from opassay.adapters.attention import with_attention
from opassay.adapters.cuda import GPU_SHARE
from opassay.adapters.devices import plug_in
from opassay.adapters.expressions import ops_of
from opassay.adapters.onednn import own_convolutions
from opassay.adapters.resizing import lacks_way
from opassay.adapters.sized import unsized
from opassay.adapters.torch import devices
from opassay.adapters.torch.attention import NAME, functional
from opassay.adapters.torch.conv import ConvOps
from opassay.adapters.torch.expressions import EXPRESSIONS
from opassay.adapters.torch.lacking import LACKING
from opassay.adapters.torch.limits import limit
from opassay.adapters.torch.numerics import rules
from opassay.adapters.torch.pool import PoolOps
from opassay.adapters.torch.resizing import RESIZES
from opassay.adapters.torch.transfer import alias, from_native, to_native
from opassay.adapters.torch.unpool import UnpoolOps
from opassay.harness.model.adapter import Adapter, Unconnected, allowed_threads
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import Inferred

F = functional()
ExpressionOps = ops_of(EXPRESSIONS, __file__, torch=torch, F=F)


class TorchAdapter(ConvOps, PoolOps, UnpoolOps, ExpressionOps, Adapter):
    """PyTorch, eager or through ``torch.compile`` with its default backend (Inductor)."""

    name = "torch"
    modes = ("eager", "compile")
    fused_modes = frozenset({"compile"})
    # Up to 5 s where a case reaches the C++ compiler, 31 s the first time.
    costly_modes = ("compile",)
    # torch's message: "torch.compile with aot_autograd does not currently support double backward".
    first_order_modes = frozenset({"compile"})
    lacking = LACKING
    threads_when_made = True

    def __init__(self, device: str = "cpu") -> None:
        self._plugin = plug_in()
        super().__init__(device)
        self._device = devices.device(device)
        threads = allowed_threads()
        torch.set_num_threads(threads)
        # torch allows this one to be set only once per process.
        if torch.get_num_interop_threads() != threads:
            torch.set_num_interop_threads(threads)
        if self._device.type == "cuda":
            torch.cuda.set_per_process_memory_fraction(GPU_SHARE, self._device)
        self._executor = "ATen"

    def devices(self) -> Sequence[str]:
        return devices.names()

    def version(self) -> str:
        return str(torch.__version__)

    def origin(self) -> str:
        return str(torch.__file__)

    def settings(self) -> Mapping[str, str]:
        return {
            "threads": str(torch.get_num_threads()),
            "interop_threads": str(torch.get_num_interop_threads()),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            **instructions.onednn(),
            "mkldnn": str(torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled),
            "own_convolutions": ",".join(own_convolutions(torch)) if self.device == "cpu" else "",
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
            "cuda.matmul.allow_tf32": str(torch.backends.cuda.matmul.allow_tf32),
            "cudnn.allow_tf32": str(torch.backends.cudnn.allow_tf32),
            **({"plugin": self._plugin} if self._plugin else {}),
        }

    def numeric_rules(self) -> Sequence[NumericRule]:
        return rules(self._device.type)

    def executor(self) -> str:
        """``ATen`` or, once something was compiled, ``Inductor``; torch does not report which library a kernel used."""
        return with_attention(self._executor, NAME)

    def location(self, value: Tensor) -> str:
        return self.device if value.device == self._device else str(value.device)

    def healthy(self) -> bool:
        """An accelerator's error may be sticky: every later call fails. Copying to the host waits for it.

        Source: https://docs.pytorch.org/docs/stable/notes/cuda.html
        """
        try:
            if self._device != devices.CPU:
                torch.ones(1, device=self._device).cpu()
        except RuntimeError:
            return False
        return True

    def fallback(self) -> str:
        """Ops that Inductor left to ATen. Calls of autograd are no part of a graph: their function is compiled."""
        breaks = [reason for reason in counters["graph_break"] if not any(call in reason for call in _AUTOGRAD)]
        return f"torch.compile broke the graph: {breaks[0].splitlines()[0]}" if breaks else ""

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        missing = next((dtype for dtype in dtypes if dtype in devices.WITHOUT.get(self._device.type, ())), None)
        if missing is not None:
            return f"torch has no {missing} on {self._device.type}"
        if (way := lacks_way(op, attributes, RESIZES)) is not None:
            return way
        if mode == "compile" and (reason := unsized(op)) is not None:
            return reason
        return limit(self._device.type, op, mode, dtypes[0], attributes) if dtypes else None

    def to_native(self, array: np.ndarray) -> Tensor:
        return to_native(array, self._device)

    def alias(self, array: np.ndarray) -> Tensor | None:
        return alias(array)

    def to_numpy(self, value: Tensor) -> np.ndarray:
        return from_native(value)

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        if mode != "compile":
            return fn
        # Each case is a program of its own: without this, dynamo keeps and checks all earlier ones.
        torch._dynamo.reset()
        # Asking autograd splits a batch of gradients into a program per case, all of one code. Beyond its limit, which
        # is 8, dynamo runs that code eagerly and only logs it.
        torch._dynamo.config.recompile_limit = _PROGRAMS
        torch._dynamo.config.accumulated_recompile_limit = _PROGRAMS
        torch._dynamo.config.fail_on_recompile_limit_hit = True
        counters.clear()
        self._executor = "Inductor"
        return torch.compile(fn, dynamic=False)

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        return self.value_and_vjp(fn, inputs, cotangents)[1]

    def value_and_vjp(
        self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Both from one recording of autograd. The values are not detached: ``compile`` would mix up their views."""
        leaves = [_source(x) for x in inputs]
        # Inside another vjp, the gradient is itself differentiated.
        given = [c for c in cotangents if c is not None]
        nested = torch.is_grad_enabled() and any(x.requires_grad for x in (*inputs, *given))
        outputs = fn(*leaves)
        asked = [(y, c) for y, c in zip(outputs, cotangents, strict=True) if c is not None and y.requires_grad]
        sources = [leaf for leaf in leaves if leaf.is_floating_point()]
        if not asked or not sources:
            return tuple(outputs), (Unconnected,) * len(leaves)
        ys, cs = zip(*asked, strict=True)
        found = iter(torch.autograd.grad(ys, sources, cs, allow_unused=True, create_graph=nested))
        gradients = [next(found) if leaf.is_floating_point() else None for leaf in leaves]
        return tuple(outputs), tuple(Unconnected if g is None else g for g in gradients)

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """By tensors on the meta device; for ``compile`` by fake tensors, as TorchDynamo itself traces with.

        Sources: https://docs.pytorch.org/docs/stable/meta.html and
        https://docs.pytorch.org/docs/stable/torch.compiler_fake_tensor.html
        """
        if mode != "compile":
            return [_inferred(y) for y in fn(*(x.to("meta") for x in inputs))]
        with FakeTensorMode(shape_env=ShapeEnv(), static_shapes=True) as fake:
            return [_inferred(y) for y in fn(*(fake.from_tensor(x) for x in inputs))]


def _inferred(y: Any) -> Inferred | None:
    if y is Unconnected:
        return None
    # Extents that depend on values are symbols.
    return tuple(n if isinstance(n, int) else None for n in y.shape), str(y.dtype).removeprefix("torch.")


def _source(x: Tensor) -> Tensor:
    """``x`` as a separate input of the gradient, even if the same array is passed twice."""
    if not x.is_floating_point():
        return x
    return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()


_PROGRAMS = 10_000

_AUTOGRAD = ("torch.autograd.grad", "requires_grad_()")
