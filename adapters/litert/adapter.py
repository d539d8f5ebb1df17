"""LiteRT (once TensorFlow Lite): TensorFlow's converter makes a model of each case, LiteRT's interpreter answers.

The ops are those of ``adapters/tensorflow``, traced as for ``tf.function``. NumPy never computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import ai_edge_litert
import numpy as np
import tensorflow as tf
from absl import logging
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from opassay.adapters.litert.lacking import LACKING
from opassay.adapters.litert.limits import made, windows
from opassay.adapters.tensorflow.adapter import TensorFlowAdapter
from opassay.harness.model.adapter import Unsupported, allowed_threads
from opassay.harness.model.dtypes import DTYPES
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import Inferred

_KERNELS = {
    "xnnpack": OpResolverType.AUTO,
    "builtin": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "reference": OpResolverType.BUILTIN_REF,
}
"""Source: https://ai.google.dev/edge/api/tflite/python/tf/lite/experimental/OpResolverType"""


def _lacking() -> dict[str, str]:
    """Missing kernels of LiteRT, and attribute values that TensorFlow's expressions lack."""
    words = {op: [w for w in told.split() if w not in DTYPES] for op, told in TensorFlowAdapter.lacking.items()}
    return {op: " ".join((*words.get(op, ()), LACKING.get(op, ""))).strip() for op in {*words, *LACKING}}


class LiteRtAdapter(TensorFlowAdapter):
    """Modes: ``xnnpack`` (as shipped, with its delegate), ``builtin`` (LiteRT's own kernels), ``reference``."""

    name = "litert"
    modes = ("xnnpack", "builtin", "reference")
    fused_modes = frozenset({"xnnpack", "builtin", "reference"})
    frameworks = ("ai_edge_litert", "tensorflow")
    # For the other floats its models have a cast to wider dtypes, and little else. Source:
    # https://ai.google.dev/edge/litert/conversion/tensorflow/ops_compatibility
    dtypes = tuple(name for name in DTYPES if name not in ("bfloat16", "float16", "float64"))
    lacking = _lacking()

    def __init__(self, device: str = "cpu") -> None:
        super().__init__(device)
        # Its converter logs for each model that this API is deprecated.
        logging.set_verbosity(logging.FATAL)

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def location(self, value: np.ndarray) -> str:
        return self.device

    def version(self) -> str:
        return version("ai-edge-litert")

    def origin(self) -> str:
        return str(ai_edge_litert.__path__[0])

    def settings(self) -> Mapping[str, str]:
        return {"converter": f"tensorflow {tf.__version__}", "threads": str(allowed_threads())}

    def numeric_rules(self) -> Sequence[NumericRule]:
        return ()

    def executor(self) -> str:
        return f"LiteRT:{self._compiled_for}"

    def lacks(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        # A cast makes numbers of dtypes that no op takes.
        named = {"to": dtypes[0]} if op == "cast" else {}
        return made(op, dtypes, attributes) or super().lacks(op, mode, dtypes, {**attributes, **named})

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        return windows(op, attributes) or super().unsupported(op, mode, dtypes, attributes)

    def to_native(self, array: np.ndarray) -> np.ndarray:
        return np.array(array, order="C")

    def arguments(self, arrays: Sequence[np.ndarray], mode: str) -> Sequence[np.ndarray]:
        return [self.to_native(array) for array in arrays]

    def to_numpy(self, value: np.ndarray) -> np.ndarray:
        # For a scalar, the interpreter returns a NumPy scalar.
        return np.array(value)

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` as a model built for the first arrays."""
        self._compiled_for = mode
        made: list[Callable[..., Any]] = []

        def run(*arrays: np.ndarray) -> Any:
            if not made:
                made.append(self._model(fn, arrays, mode))
            return made[0](*arrays)

        return run

    def _model(self, fn: Callable[..., Any], arrays: Sequence[np.ndarray], mode: str) -> Callable[..., Any]:
        interpreter, structure = self._interpreter(fn, arrays, mode)
        inputs, outputs = ([d["index"] for d in details] for details in _ends(interpreter))

        def run(*given: np.ndarray) -> Any:
            for place, array in zip(inputs, given, strict=True):
                interpreter.set_tensor(place, array)
            interpreter.invoke()
            return tf.nest.pack_sequence_as(structure, [interpreter.get_tensor(place) for place in outputs])

        return run

    def _interpreter(self, fn: Callable[..., Any], arrays: Sequence[np.ndarray], mode: str) -> tuple[Any, Any]:
        """The interpreter of ``fn`` for arrays of these shapes, and the nesting of its outputs.

        Source: https://ai.google.dev/edge/litert/conversion/tensorflow/convert_tf
        """

        def traced(*inputs: tf.Tensor) -> Any:
            with self._tracing(mode=mode):
                return fn(*inputs)

        signature = [tf.TensorSpec(array.shape, array.dtype) for array in arrays]
        concrete = tf.function(traced, input_signature=signature, autograph=False).get_concrete_function()
        model = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
        interpreter = Interpreter(
            model_content=model, num_threads=allowed_threads(), experimental_op_resolver_type=_KERNELS[mode]
        )
        interpreter.allocate_tensors()
        return interpreter, concrete.structured_outputs

    def value_and_vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> Any:
        raise Unsupported("LiteRT computes no gradients")

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """The shapes after the kernels' prepare step; -1 in a model's signature is an unknown extent."""
        interpreter, _ = self._interpreter(fn, inputs, mode)
        return [_inferred(details) for details in interpreter.get_output_details()]


def _ends(interpreter: Interpreter) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return interpreter.get_input_details(), interpreter.get_output_details()


def _inferred(details: Mapping[str, Any]) -> Inferred:
    pairs = zip(details["shape_signature"], details["shape"], strict=True)
    return tuple(None if open_ < 0 else int(extent) for open_, extent in pairs), np.dtype(details["dtype"]).name
