"""onnxruntime behind the common op interface: a function becomes one ONNX model, which a session runs.

Arrays are NumPy's, as ``InferenceSession.run`` takes them. The ops live beside this, one file per family.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime import GraphOptimizationLevel, InferenceSession, OrtValue, SessionOptions

from opassay.adapters.expressions import ops_of
from opassay.adapters.onnxruntime.conv import ConvOps
from opassay.adapters.onnxruntime.expressions import EXPRESSIONS
from opassay.adapters.onnxruntime.graph import IR_VERSION, OPSET, TYPES, Graph, like, node, whole
from opassay.adapters.onnxruntime.lacking import LACKING
from opassay.adapters.onnxruntime.limits import lacks
from opassay.adapters.onnxruntime.numerics import RULES
from opassay.adapters.onnxruntime.plain import PlainOps
from opassay.adapters.onnxruntime.pool import PoolOps
from opassay.adapters.strides import copied
from opassay.adapters.tracing import graph_op, leaves, refilled
from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.dtypes import BFLOAT16
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import Inferred

PROVIDER = "CPUExecutionProvider"


ExpressionOps = ops_of(EXPRESSIONS, __file__, graph_op, node=node, like=like, whole=whole, np=np, TYPES=TYPES)


class OnnxRuntimeAdapter(ConvOps, PoolOps, PlainOps, ExpressionOps, Adapter):
    """onnxruntime's CPU provider with every graph optimisation, with none, or with all but the first input constant.

    Constants are what most models have for weights: they are folded, packed and blocked before the first run.
    """

    name = "onnxruntime"
    modes = ("all", "disabled", "constants")
    frameworks = ("onnxruntime", "onnx")
    lacking = LACKING

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        return str(onnxruntime.__version__)

    def origin(self) -> str:
        return str(onnxruntime.__file__)

    def settings(self) -> Mapping[str, str]:
        return {
            "opset": str(OPSET),
            "ir_version": str(IR_VERSION),
            "onnx": str(onnx.__version__),
            "intra_op_num_threads": str(_options("all").intra_op_num_threads),
            "build": onnxruntime.get_build_info(),
        }

    def numeric_rules(self) -> Sequence[NumericRule]:
        return RULES

    def executor(self) -> str:
        return PROVIDER

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        return lacks(op, tuple(dtypes))

    def to_native(self, array: np.ndarray) -> np.ndarray:
        """A copy that lies as ``array`` does: making it contiguous, where it must be, is onnxruntime's task."""
        return copied(array)

    def to_numpy(self, value: np.ndarray) -> np.ndarray:
        return value.copy()

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` as a model that is built for the first arrays, or anew where they are its constants."""
        built: list[Callable[..., Any]] = []

        def run(*arrays: np.ndarray) -> Any:
            if mode == "constants":
                return _build(fn, arrays, mode)(*arrays)
            if not built:
                built.append(_build(fn, arrays, mode))
            return built[0](*arrays)

        return run

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """By ONNX's own shape inference on the model. Source: https://onnx.ai/onnx/api/shape_inference.html"""
        graph = Graph()
        answer = fn(*(graph.input(array) for array in inputs))
        return graph.inferred(list(leaves(answer)))

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        raise Unsupported("onnxruntime computes no gradients")


def _options(mode: str) -> SessionOptions:
    options = SessionOptions()
    threads = int(os.environ.get("OPASSAY_THREADS", "1"))
    options.intra_op_num_threads, options.inter_op_num_threads = threads, threads
    options.log_severity_level = 4
    level = GraphOptimizationLevel.ORT_DISABLE_ALL if mode == "disabled" else GraphOptimizationLevel.ORT_ENABLE_ALL
    options.graph_optimization_level = level
    return options


def _build(fn: Callable[..., Any], arrays: Sequence[np.ndarray], mode: str) -> Callable[..., Any]:
    graph = Graph()
    fixed = range(1, len(arrays)) if mode == "constants" else ()
    symbols = [graph.weight(a) if i in fixed else graph.input(a) for i, a in enumerate(arrays)]
    answer = fn(*symbols)
    model = graph.model(list(leaves(answer)))
    session = InferenceSession(model.SerializeToString(), _options(mode), providers=[PROVIDER])
    names = [node.name for node in session.get_outputs()]
    fed = {symbol.name: i for i, symbol in enumerate(symbols) if i not in fixed}

    def run(*given: np.ndarray) -> Any:
        values = session.run_with_ort_values(names, {name: _ort_value(given[i]) for name, i in fed.items()})
        return refilled(answer, map(_array, values))

    return run


def _ort_value(array: np.ndarray) -> OrtValue:
    if array.dtype == BFLOAT16:
        bits = np.array(array, order="C").view(np.uint16)
        return OrtValue.ortvalue_from_numpy_with_onnx_type(bits, TYPES["bfloat16"])
    return OrtValue.ortvalue_from_numpy(array)


def _array(value: OrtValue) -> np.ndarray:
    """NumPy has no bfloat16, for which ``OrtValue.numpy`` raises: its bits are read where they lie."""
    if value.element_type() != TYPES["bfloat16"]:
        return np.array(value.numpy())
    bits = ctypes.string_at(value.data_ptr(), value.tensor_size_in_bytes())
    return np.frombuffer(bits, BFLOAT16).reshape(value.shape()).copy()
