"""onnxruntime behind the common op interface: a function becomes one ONNX model, which a session runs."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime import GraphOptimizationLevel, InferenceSession, OrtValue, SessionOptions

from opassay.adapters.attention import with_attention
from opassay.adapters.onnx import attention
from opassay.adapters.onnx.graph import IR_VERSION, OPSET, TYPES
from opassay.adapters.onnx.lacking import besides
from opassay.adapters.onnx.model import ModelAdapter, Run
from opassay.adapters.onnxruntime.lacking import LACKING
from opassay.adapters.onnxruntime.limits import RESIZED, lacks
from opassay.adapters.onnxruntime.numerics import RULES
from opassay.adapters.onnxruntime.resizing import RESIZES
from opassay.adapters.resizing import lacks_way
from opassay.adapters.strides import copied
from opassay.harness.model.adapter import allowed_threads
from opassay.harness.model.dtypes import BFLOAT16
from opassay.harness.model.numeric_model import NumericRule

PROVIDER = "CPUExecutionProvider"


class OnnxRuntimeAdapter(ModelAdapter):
    """onnxruntime's CPU provider with every graph optimisation, with none, or with all inputs but the first as
    constants.

    In most models the weights are constants: they are folded, packed and blocked before the first run.
    """

    name = "onnxruntime"
    modes = ("all", "disabled", "constants")
    frameworks = ("onnxruntime", "onnx")
    lacking = besides(LACKING)
    threads_when_made = True
    resized = RESIZED
    constant_modes = frozenset({"constants"})

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
        return with_attention(PROVIDER, attention.NAME)

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        return lacks(op, tuple(dtypes)) or lacks_way(op, attributes, RESIZES)

    def to_native(self, array: np.ndarray) -> np.ndarray:
        """A copy with ``array``'s layout: making it contiguous, where necessary, is left to onnxruntime."""
        return copied(array)

    def _prepare(self, model: Any, mode: str) -> Run:
        session = InferenceSession(model.SerializeToString(), _options(mode), providers=[PROVIDER])
        outputs, inputs = ([node.name for node in nodes] for nodes in (session.get_outputs(), model.graph.input))

        def run(given: Sequence[np.ndarray]) -> list[np.ndarray]:
            fed = {name: _ort_value(array) for name, array in zip(inputs, given, strict=True)}
            return [_array(value) for value in session.run_with_ort_values(outputs, fed)]

        return run


def _options(mode: str) -> SessionOptions:
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = allowed_threads()
    options.log_severity_level = 4
    level = GraphOptimizationLevel.ORT_DISABLE_ALL if mode == "disabled" else GraphOptimizationLevel.ORT_ENABLE_ALL
    options.graph_optimization_level = level
    return options


def _ort_value(array: np.ndarray) -> OrtValue:
    if array.dtype == BFLOAT16:
        bits = np.array(array, order="C").view(np.uint16)
        return OrtValue.ortvalue_from_numpy_with_onnx_type(bits, TYPES["bfloat16"])
    return OrtValue.ortvalue_from_numpy(array)


def _array(value: OrtValue) -> np.ndarray:
    """NumPy has no bfloat16, for which ``OrtValue.numpy`` raises: the bits are read in place."""
    if value.element_type() != TYPES["bfloat16"]:
        return np.array(value.numpy())
    bits = ctypes.string_at(value.data_ptr(), value.tensor_size_in_bytes())
    return np.frombuffer(bits, BFLOAT16).reshape(value.shape()).copy()
