"""MindSpore behind the common op interface, on its CPU kernels. Only a worker imports this module."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Read while MindSpore is imported: its start-up warnings, and the threads of its kernels.
os.environ.setdefault("GLOG_v", "3")
os.environ["OMP_NUM_THREADS"] = os.environ.get("OPASSAY_THREADS", "1")

import mindspore as ms
import mindspore.numpy as mnp
import numpy as np
from mindspore import ops

from opassay.adapters.expressions import ops_of
from opassay.adapters.gradients import by_pullback
from opassay.adapters.mindspore.expressions import EXPRESSIONS
from opassay.adapters.mindspore.lacking import LACKING
from opassay.adapters.mindspore.resizing import RESIZES
from opassay.adapters.mindspore.windows import WindowOps
from opassay.adapters.resizing import lacks_way
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, as_tuple
from opassay.harness.model.numeric_model import NumericModel, NumericRule

DTYPES = {name: getattr(ms, "bool_" if name == "bool" else name) for name in dtypes.DTYPES}
"""MindSpore's dtypes by opassay's names."""

WIDENED = ("matmul", "conv2d", "avg_pool2d", "scatter_nd")
"""Ops that add float16 up in float32, as ``opassay doctor --numeric`` measures."""

ExpressionOps = ops_of(EXPRESSIONS, __file__, ms=ms, mnp=mnp, ops=ops, DTYPES=DTYPES)


class MindsporeAdapter(WindowOps, ExpressionOps, Adapter):
    """``mindspore.ops`` op by op (PyNative)."""

    name = "mindspore"
    modes = ("pynative",)
    frameworks = ("mindspore",)
    # Almost no CPU kernel supports bfloat16.
    dtypes = tuple(name for name in dtypes.DTYPES if name != "bfloat16")
    lacking = LACKING

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        ms.set_context(mode=ms.PYNATIVE_MODE)
        ms.set_device("CPU")
        # Otherwise a later op raises an op's exception.
        ms.runtime.launch_blocking()
        ms.runtime.dispatch_threads_num(int(os.environ["OMP_NUM_THREADS"]))

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        return str(ms.__version__)

    def origin(self) -> str:
        return str(ms.__file__)

    def settings(self) -> Mapping[str, str]:
        return {"threads": os.environ["OMP_NUM_THREADS"]}

    def numeric_rules(self) -> Sequence[NumericRule]:
        return [NumericRule(NumericModel("float32", flushes=False), op, "y", "float16") for op in WIDENED]

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        if op == "elu" and attributes["alpha"] != 1:
            return "MindSpore has elu with an alpha of 1 only"
        return lacks_way(op, attributes, RESIZES)

    def to_native(self, array: np.ndarray) -> ms.Tensor:
        """A row-major copy."""
        return ms.Tensor(np.array(array, order="C"))

    def to_numpy(self, value: ms.Tensor) -> np.ndarray:
        return np.array(value.asnumpy())

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        return fn

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """As in the base class, but an unconnected input gets zeros: MindSpore does not distinguish the two."""
        return by_pullback(_pull, fn, inputs, cotangents, lambda x: bool(x.is_floating_point()))


def _pull(fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> Sequence[Any]:
    _, pull = ms.vjp(fn, *inputs)
    return as_tuple(pull(*cotangents))
