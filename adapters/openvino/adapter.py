"""OpenVINO behind the common op interface: a function becomes one ``ov.Model``, compiled for the CPU.

Arrays are NumPy's, which ``ov.Tensor`` copies. The other modules of this folder hold the ops, one file per family.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset16 as ops

from opassay.adapters import instructions
from opassay.adapters.expressions import ops_of
from opassay.adapters.openvino.conv import ConvOps
from opassay.adapters.openvino.expressions import EXPRESSIONS
from opassay.adapters.openvino.lacking import LACKING
from opassay.adapters.openvino.limits import lacks
from opassay.adapters.openvino.numerics import RULES
from opassay.adapters.openvino.plain import PlainOps
from opassay.adapters.openvino.pool import PoolOps
from opassay.adapters.openvino.resizing import RESIZES
from opassay.adapters.openvino.symbols import TYPES, Symbol, factors, joined, like, node, outputs, told, whole
from opassay.adapters.openvino.windowed import WindowedOps
from opassay.adapters.resizing import lacks_way
from opassay.adapters.strides import copied
from opassay.adapters.tracing import graph_op, leaves, refilled
from opassay.harness.model.adapter import Adapter, Unsupported, allowed_threads
from opassay.harness.model.dtypes import BFLOAT16, dtype_name
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import Inferred

DEVICE = "CPU"

LOSING = ("ScatterNDUpdate", "ScatterElementsUpdate", "GatherElements", "GatherND")
"""Kernels whose exception for an index is lost."""

_ALONE = {"INFERENCE_NUM_THREADS": "1"}
"""With several threads, nothing recovers from an exception in one of them."""


MADE = {"node": node, "outputs": outputs, "joined": joined, "whole": whole, "factors": factors, "like": like}
NAMES = {"ops": ops, "TYPES": TYPES, **MADE}
ExpressionOps = ops_of(EXPRESSIONS, __file__, graph_op, **NAMES)


class OpenVinoAdapter(ConvOps, PoolOps, WindowedOps, PlainOps, ExpressionOps, Adapter):
    """OpenVINO's CPU plugin, set to keep float32: by default it computes it in bfloat16 where the processor can."""

    name = "openvino"
    modes = ("f32",)
    lacking = LACKING
    threads_when_made = True

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        self._core = ov.Core()
        self._core.set_property(DEVICE, _properties())

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        """Without build number and branch."""
        return str(ov.__version__).partition("-")[0]

    def origin(self) -> str:
        return str(ov.__file__)

    def settings(self) -> Mapping[str, str]:
        named = (*_properties(), "CPU_DENORMALS_OPTIMIZATION", "OPTIMIZATION_CAPABILITIES")
        native = "BF16" in self._core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES")
        told = {name: str(self._core.get_property(DEVICE, name)) for name in named}
        isa = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper()
        bfloat16 = "computed" if native else "converted"
        return {"build": str(ov.__version__), "bfloat16": bfloat16, "onednn": isa, **instructions.onednn(), **told}

    def numeric_rules(self) -> Sequence[NumericRule]:
        return RULES

    def executor(self) -> str:
        return f"OpenVINO:{DEVICE}"

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        return lacks(op, tuple(dtypes)) or lacks_way(op, attributes, RESIZES)

    def to_native(self, array: np.ndarray) -> np.ndarray:
        """A copy with ``array``'s layout: ``ov.Tensor`` makes it contiguous."""
        return copied(array)

    def to_numpy(self, value: np.ndarray) -> np.ndarray:
        return value.copy()

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` as a model that is built and compiled for the first arrays."""
        built: list[Callable[..., Any]] = []

        def run(*arrays: np.ndarray) -> Any:
            if not built:
                built.append(self._build(fn, arrays))
            return built[0](*arrays)

        return run

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """The shapes of the nodes' outputs while the model is built."""
        answer = fn(*(Symbol(parameter.output(0)) for parameter in _parameters(inputs)))
        return [told(symbol) for symbol in leaves(answer)]

    def _build(self, fn: Callable[..., Any], arrays: Sequence[np.ndarray]) -> Callable[..., Any]:
        parameters = _parameters(arrays)
        answer = fn(*(Symbol(parameter.output(0)) for parameter in parameters))
        model = ov.Model([symbol.output for symbol in leaves(answer)], parameters, "opassay")
        scatters = any(node.get_type_name() in LOSING for node in model.get_ops())
        request = self._core.compile_model(model, DEVICE, _ALONE if scatters else {}).create_infer_request()

        def run(*given: np.ndarray) -> Any:
            request.infer(dict(enumerate(map(_tensor, given))))
            answers = [_array(tensor) for tensor in request.output_tensors]
            if scatters:
                # A kernel's exception over an index is lost in the thread pool: the next model would end the process,
                # while the same one, with indices of zero, recovers.
                request.infer(dict(enumerate(_tensor(np.zeros_like(array)) for array in given)))
            return refilled(answer, iter(answers))

        return run

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        raise Unsupported("OpenVINO computes no gradients")


def _parameters(arrays: Sequence[np.ndarray]) -> list[Any]:
    return [ops.parameter(list(array.shape), TYPES[dtype_name(array)]) for array in arrays]


def _properties() -> Mapping[str, str]:
    """The settings that affect arithmetic, and thread counts. Source: the page of ``limits.py``."""
    return {
        "EXECUTION_MODE_HINT": "ACCURACY",
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": str(allowed_threads()),
        "NUM_STREAMS": "1",
    }


def _tensor(array: np.ndarray) -> ov.Tensor:
    if array.dtype == BFLOAT16:
        # The class fills its tensor with these bits: NumPy has no bfloat16.
        tensor = ov.Tensor(TYPES["bfloat16"], list(array.shape))
        tensor.data.view(np.uint16)[...] = array.view(np.uint16)
        return tensor
    return ov.Tensor(array, shared_memory=False)


def _array(tensor: ov.Tensor) -> np.ndarray:
    bits = np.array(tensor.data)
    return bits.view(BFLOAT16) if tensor.get_element_type() == TYPES["bfloat16"] else bits
