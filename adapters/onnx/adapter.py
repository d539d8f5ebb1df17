"""Any backend that takes an ONNX model and arrays, and returns arrays: named by the user's own target.

By default, ONNX's own reference evaluator.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from opassay.adapters.attention import with_attention
from opassay.adapters.backend import checked, named, with_version
from opassay.adapters.onnx import attention
from opassay.adapters.onnx.graph import IR_VERSION, OPSET
from opassay.adapters.onnx.lacking import LACKING
from opassay.adapters.onnx.model import ModelAdapter, Run
from opassay.harness.model.dtypes import DTYPES
from opassay.harness.model.target import BACKEND

REFERENCE = "opassay.adapters.onnx.backends:reference"


class OnnxAdapter(ModelAdapter):
    """ONNX models through a backend that is a Python callable or a command; its errors are the backend's."""

    name = "onnx"
    modes = ("model",)
    frameworks = ("onnx", "opassay.adapters.backend")
    # NumPy's files and most frontends have no bfloat16.
    lacking = LACKING
    dtypes = tuple(name for name in DTYPES if name != "bfloat16")

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        self._name = os.environ.get(BACKEND, REFERENCE)
        self._backend = named(self._name, "model.onnx")
        self._executor = with_version(self._name)

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def version(self) -> str:
        return str(onnx.__version__)

    def origin(self) -> str:
        return str(onnx.__file__)

    def settings(self) -> Mapping[str, str]:
        return {"backend": self._name, "opset": str(OPSET), "ir_version": str(IR_VERSION)}

    def executor(self) -> str:
        return with_attention(self._executor, attention.NAME)

    def _prepare(self, model: Any, mode: str) -> Run:
        run, outputs = self._backend(model.SerializeToString()), len(model.graph.output)

        def answered(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
            whole = [np.array(array, order="C") for array in arrays]
            return checked(run(whole), outputs, self.dtypes)

        return answered
