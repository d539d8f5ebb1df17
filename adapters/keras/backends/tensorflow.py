"""What Keras leaves to TensorFlow: threads, compilation, gradients."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from opassay.adapters.kept_programs import xla_variables

# Start-up messages only; what TensorFlow computes does not change.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.update(xla_variables("keras"))

import tensorflow as tf

from opassay.adapters import instructions
from opassay.adapters.onednn import onednn_dtypes
from opassay.harness.model.adapter import Unconnected, as_tuple

EXECUTOR = "TensorFlow"

tf.config.set_visible_devices([], "GPU")
tf.get_logger().setLevel("ERROR")
tf.debugging.disable_traceback_filtering()


def limit_threads(count: int) -> None:
    """Must run before the first computation."""
    tf.config.threading.set_intra_op_parallelism_threads(count)
    tf.config.threading.set_inter_op_parallelism_threads(count)


@cache
def onednn() -> frozenset[str]:
    """Dtypes whose convolutions are oneDNN's."""
    return frozenset(onednn_dtypes(tf))


def settings() -> Mapping[str, str]:
    return {
        **instructions.onednn(),
        "tensorflow": str(tf.__version__),
        "threads": str(tf.config.threading.get_intra_op_parallelism_threads()),
        "onednn_dtypes": ",".join(sorted(onednn())) or "none",
    }


def compiled(fn: Callable[..., Any]) -> Callable[..., Any]:
    return fn


def value_and_vjp(
    fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """By ``tf.GradientTape``. Copies, so that one tensor passed twice counts as two inputs."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        sources = [tf.identity(x) for x in inputs]
        tape.watch([x for x in sources if x.dtype.is_floating])
        outputs = as_tuple(fn(*sources))
    asked = [(y, c) for y, c in zip(outputs, cotangents, strict=True) if c is not None]
    found = tape.gradient([y for y, _ in asked], sources, [c for _, c in asked])
    return outputs, tuple(Unconnected if g is None else tf.convert_to_tensor(g) for g in found)
