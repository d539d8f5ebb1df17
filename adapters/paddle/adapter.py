"""PaddlePaddle behind the common op interface: its public API, on the CPU. Only a worker imports this module."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Read while Paddle is imported: its start-up warnings, and the threads of its BLAS.
os.environ.setdefault("GLOG_minloglevel", "2")
os.environ["OMP_NUM_THREADS"] = os.environ.get("OPASSAY_THREADS", "1")

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import Tensor

from opassay.adapters.expressions import ops_of
from opassay.adapters.paddle.conv import ConvOps
from opassay.adapters.paddle.expressions import EXPRESSIONS
from opassay.adapters.paddle.gradients import value_and_vjp
from opassay.adapters.paddle.lacking import LACKING
from opassay.adapters.paddle.limits import lacks
from opassay.adapters.paddle.pool import PoolOps
from opassay.adapters.paddle.program import compiled, inferred
from opassay.adapters.paddle.resizing import RESIZES
from opassay.adapters.paddle.transfer import from_native, to_native
from opassay.adapters.paddle.unpool import UnpoolOps
from opassay.adapters.resizing import lacks_way
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.dtypes import DTYPES
from opassay.harness.model.outcome import Inferred

# By default Paddle catches signals, and the exit would not show them.
paddle.disable_signal_handler()


ExpressionOps = ops_of(EXPRESSIONS, __file__, paddle=paddle, F=F)


class PaddleAdapter(ConvOps, PoolOps, UnpoolOps, ExpressionOps, Adapter):
    """Paddle op by op (its dynamic graph), or as a static graph by ``paddle.jit.to_static``."""

    name = "paddle"
    modes = ("eager", "static")
    # A traceback of compiled code may omit the package that it is in.
    frameworks = ("paddle", "libpaddle")
    # Its uint16 is bfloat16.
    dtypes = tuple(dtype for dtype in DTYPES if dtype not in ("uint16", "uint32", "uint64"))
    lacking = LACKING

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        # Only the mode that runs: static graphs of bfloat16 crash in oneDNN's kernels, eager does not.
        self.modes = (os.environ["OPASSAY_MODE"],) if "OPASSAY_MODE" in os.environ else self.modes
        paddle.set_device("cpu")
        paddle.base.core.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        self._executor = "phi kernels"

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        return str(paddle.__version__)

    def origin(self) -> str:
        return str(paddle.__file__)

    def settings(self) -> Mapping[str, str]:
        flags = paddle.get_flags(["FLAGS_use_mkldnn", "FLAGS_use_stride_kernel"])
        cinn = str(paddle.is_compiled_with_cinn())
        return {"threads": os.environ["OMP_NUM_THREADS"], "commit": paddle.version.commit, "cinn": cinn} | {
            name: str(value) for name, value in flags.items()
        }

    def executor(self) -> str:
        """``phi kernels`` or, once something was compiled, the interpreter of Paddle's graphs."""
        return self._executor

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        return lacks(op, mode, tuple(dtypes), attributes) or lacks_way(op, attributes, RESIZES)

    def to_native(self, array: np.ndarray) -> Tensor:
        return to_native(array)

    def to_numpy(self, value: Tensor) -> np.ndarray:
        return from_native(value)

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        if mode == "eager":
            return fn
        self._executor = "phi kernels by PirInterpreter"
        return compiled(fn)

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        return self.value_and_vjp(fn, inputs, cotangents)[1]

    def value_and_vjp(
        self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Both from one recording: of the dynamic graph, or within the static one."""
        return value_and_vjp(fn, inputs, cotangents)

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """By the InferMeta functions that Paddle calls while a static graph is built; nothing is run."""
        return inferred(fn, inputs)
