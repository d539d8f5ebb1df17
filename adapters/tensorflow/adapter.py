"""TensorFlow behind the common op interface.

Everything goes through TensorFlow's public API. Where a mode has no kernel the op is composed from
TensorFlow's other ops (see ``conv``, ``pool``, ``windows``); NumPy never computes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from opassay.adapters.kept_programs import xla_variables

# Start-up messages only; what TensorFlow computes does not change.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.update(xla_variables("tensorflow"))

import numpy as np
import tensorflow as tf

from opassay.adapters import instructions
from opassay.adapters.devices import cpu_name, cpu_number
from opassay.adapters.expressions import ops_of
from opassay.adapters.geometry import ALIKE
from opassay.adapters.resizing import lacks_way
from opassay.adapters.tensorflow.expressions import EXPRESSIONS
from opassay.adapters.tensorflow.kernels import onednn_dtypes
from opassay.adapters.tensorflow.lacking import LACKING
from opassay.adapters.tensorflow.limits import DTYPES_WITHOUT_KERNEL, dilated_alone, steps_apart
from opassay.adapters.tensorflow.lines import LineOps
from opassay.adapters.tensorflow.moves import MoveOps
from opassay.adapters.tensorflow.numerics import rules
from opassay.adapters.tensorflow.resizing import COMPILED, RESIZES
from opassay.adapters.tensorflow.volumes import VolumeOps
from opassay.harness.model.adapter import Adapter, Unconnected, allowed_threads
from opassay.harness.model.dtypes import BFLOAT16
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import Inferred

_ARITHMETIC_VARIABLES = ("TF_ENABLE_ONEDNN_OPTS", "TF_SET_ONEDNN_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA", "XLA_FLAGS")


ExpressionOps = ops_of(EXPRESSIONS, __file__, tf=tf)


class TensorFlowAdapter(LineOps, VolumeOps, MoveOps, ExpressionOps, Adapter):
    """Modes: ``eager``; ``function``; ``xla`` (compiled as a whole); ``dynamic`` (all dimensions unknown)."""

    name: ClassVar[str] = "tensorflow"
    modes: ClassVar[tuple[str, ...]] = ("eager", "function", "xla", "dynamic")
    fused_modes: ClassVar[frozenset[str]] = frozenset({"function", "xla"})
    lacking = LACKING
    threads_when_made = True

    def __init__(self, device: str = "cpu") -> None:
        # Listing devices initializes TensorFlow, after which neither can be set.
        _split_cpu(cpu_number(device) + 1)
        _share_gpus()
        _set_threads(allowed_threads())
        super().__init__(device)
        tf.config.experimental.enable_tensor_float_32_execution(False)
        tf.get_logger().setLevel("ERROR")
        # Else TensorFlow hides its own frames and its errors seem to be raised here.
        tf.debugging.disable_traceback_filtering()
        self._compiled_for = self.modes[0]

    def devices(self) -> Sequence[str]:
        """``cpu``, ``cpu:N`` up to the requested one, and ``cuda:N`` for each GPU."""
        cpus, gpus = (tf.config.list_logical_devices(kind) for kind in ("CPU", "GPU"))
        return (*map(cpu_name, range(len(cpus))), *(f"cuda:{number}" for number in range(len(gpus))))

    def location(self, value: tf.Tensor) -> str:
        kind, _, number = value.device.rpartition("device:")[2].partition(":")
        return cpu_name(int(number)) if kind == "CPU" else f"cuda:{number}"

    def version(self) -> str:
        return str(tf.__version__)

    def origin(self) -> str:
        return str(tf.__file__)

    def settings(self) -> Mapping[str, str]:
        compiled = os.environ.get("OPASSAY_MODE", self.modes[0]) == "xla"
        return {
            **(instructions.xla() if compiled else instructions.onednn()),
            "intra_op_threads": str(tf.config.threading.get_intra_op_parallelism_threads()),
            "inter_op_threads": str(tf.config.threading.get_inter_op_parallelism_threads()),
            "tensor_float_32": str(tf.config.experimental.tensor_float_32_execution_enabled()),
            "onednn_dtypes": ",".join(sorted(onednn_dtypes())) or "none",
            **{name: os.environ[name] for name in _ARITHMETIC_VARIABLES if name in os.environ},
        }

    def numeric_rules(self) -> Sequence[NumericRule]:
        """Measured on the CPU; a GPU gets the defaults, since TF32 is off. A process has one mode."""
        return () if self._on_gpu else rules(onednn_dtypes(), os.environ.get("OPASSAY_MODE", self.modes[0]))

    def executor(self) -> str:
        """The library that computed the last compiled program; oneDNN only where the executed graph had its kernels."""
        if self._compiled_for == "xla":
            return "XLA:GPU" if self._on_gpu else "XLA:CPU"
        if self._on_gpu:
            return "CUDA kernels"
        return "CPU kernels with oneDNN" if onednn_dtypes() else "CPU kernels"

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        if op == "triu_tril" and mode == "dynamic":
            return "tf.experimental.numpy.triu and tril must know the last two extents while tracing"
        if (way := lacks_way(op, attributes, COMPILED if mode == "xla" else RESIZES)) is not None:
            return way
        if not dtypes:
            return None
        alone = None if mode == "xla" else dilated_alone(op, dtypes[0], attributes, onednn_dtypes())
        if (reason := alone or steps_apart(op, attributes)) is not None:
            return reason
        return DTYPES_WITHOUT_KERNEL.get(ALIKE.get(op, op), {}).get(dtypes[0])

    def to_native(self, array: np.ndarray) -> tf.Tensor:
        """A copy: TensorFlow's tensors have no strides, and tf.constant never aliases the array.

        Misalignment is not kept either: DLPack would accept it, but kernels then end the process.
        """
        with self._tracing():
            return _constant(array)

    def arguments(self, arrays: Sequence[np.ndarray], mode: str) -> Sequence[tf.Tensor]:
        with self._tracing():
            return [_constant(array) for array in arrays]

    def to_numpy(self, value: tf.Tensor) -> np.ndarray:
        array = np.asarray(value.numpy())
        return array.view(BFLOAT16) if value.dtype == tf.bfloat16 else array

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` in ``mode``; ``Unconnected`` among its results survives tracing."""
        self._compiled_for = mode

        def traced(*inputs: tf.Tensor) -> Any:
            with self._tracing(mode=mode):
                return _swap(fn(*inputs), Unconnected, None)

        program = _PROGRAMS[mode](traced)

        def call(*inputs: tf.Tensor) -> Any:
            # The caller of a traced program decides its device, whatever its ops name.
            with self._tracing():
                return _swap(program(*inputs), None, Unconnected)

        return call

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        return self.value_and_vjp(fn, inputs, cotangents)[1]

    def value_and_vjp(
        self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The values are those of the tape: ops without a gradient are composed of others there."""
        with tf.GradientTape(watch_accessed_variables=False) as tape, self._tracing(differentiating=True):
            # Copies, so that one tensor passed twice counts as two inputs.
            sources = [tf.identity(x) for x in inputs]
            tape.watch([x for x in sources if x.dtype.is_floating])
            outputs = tf.nest.flatten(fn(*sources))
        pairs = list(zip(outputs, cotangents, strict=True))
        # Integers get no cotangent; TensorFlow itself reports that they have no gradient.
        asked = [(y, c) for y, c in pairs if c is not None or not y.dtype.is_floating]
        with self._tracing():
            gradients = tape.gradient([y for y, _ in asked], sources, [c for _, c in asked])
        return tuple(outputs), tuple(Unconnected if g is None else tf.convert_to_tensor(g) for g in gradients)

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """By the static shape functions of the graph that ``tf.function`` traces.

        All extents of ``inputs`` are known; in ``dynamic``, only their ranks.
        """

        def traced(*tensors: tf.Tensor) -> Any:
            with self._tracing(mode=mode):
                return _swap(fn(*tensors), Unconnected, None)

        specs = [tf.TensorSpec(_extents(x, mode), x.dtype) for x in inputs]
        program = tf.function(traced, input_signature=specs, autograph=False, jit_compile=mode == "xla")
        return [None if y is None else _inferred(y) for y in program.get_concrete_function().structured_outputs]


def _extents(x: tf.Tensor, mode: str) -> tf.TensorShape:
    return tf.TensorShape([None] * x.shape.rank) if mode == "dynamic" else x.shape


def _inferred(y: Any) -> Inferred:
    return (None if y.shape.rank is None else tuple(y.shape), y.dtype.name)


def _constant(array: np.ndarray) -> tf.Tensor:
    return tf.constant(array.view(tf.bfloat16.as_numpy_dtype) if array.dtype == BFLOAT16 else array)


def _split_cpu(count: int) -> None:
    """As many virtual CPUs as requested; a process that has computed already keeps those it has."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    if count > 1:
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)


def _share_gpus() -> None:
    """By default the first worker reserves all of a GPU's memory: https://www.tensorflow.org/guide/gpu"""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def _set_threads(count: int) -> None:
    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() != count:
        threading.set_intra_op_parallelism_threads(count)
    if threading.get_inter_op_parallelism_threads() != count:
        threading.set_inter_op_parallelism_threads(count)


def _unknown_dimensions(traced: Callable[..., Any]) -> Callable[..., Any]:
    """A tf.function traced for ranks and dtypes only, whatever the shapes."""
    programs: dict[Any, Callable[..., Any]] = {}

    def call(*inputs: tf.Tensor) -> Any:
        signature = tuple(tf.TensorSpec([None] * x.shape.rank, x.dtype) for x in inputs)
        if signature not in programs:
            programs[signature] = tf.function(traced, input_signature=signature, autograph=False)
        return programs[signature](*inputs)

    return call


_PROGRAMS: Mapping[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "eager": lambda traced: traced,
    "function": lambda traced: tf.function(traced, autograph=False),
    "xla": lambda traced: tf.function(traced, jit_compile=True, autograph=False),
    "dynamic": _unknown_dimensions,
}


def _swap(value: Any, old: object, new: object) -> Any:
    """``value`` with ``new`` for ``old`` at any depth of its tuples and lists."""
    if isinstance(value, (tuple, list)):
        return tuple(_swap(v, old, new) for v in value)
    return new if value is old else value
