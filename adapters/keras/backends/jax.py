"""What Keras leaves to JAX: 64-bit numbers, threads, compilation, gradients."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"

import jax

from opassay.adapters import instructions
from opassay.harness.model.adapter import Unconnected, as_tuple

EXECUTOR = "XLA:CPU"

# Else float64 and int64 silently become 32 bits wide.
jax.config.update("jax_enable_x64", True)
# Else JAX hides its own frames and its errors seem to be raised here.
jax.config.update("jax_traceback_filtering", "off")
# A pytree without leaves passes through jax.jit, so a compiled vjp can return it.
jax.tree_util.register_pytree_node(type(Unconnected), lambda _: ((), None), lambda _aux, _leaves: Unconnected)


def limit_threads(count: int) -> None:
    """Must run before the first computation: XLA sizes its pools once."""
    os.environ["NPROC"] = str(count)


def onednn() -> frozenset[str]:
    """Dtypes that TensorFlow passes to oneDNN: none here."""
    return frozenset()


def settings() -> Mapping[str, str]:
    return {
        **instructions.xla(),
        "jax": jax.__version__,
        "jax_enable_x64": str(jax.config.jax_enable_x64),
        "NPROC": os.environ["NPROC"],
    }


def compiled(fn: Callable[..., Any]) -> Callable[..., Any]:
    return jax.jit(fn)


def value_and_vjp(
    fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """By ``jax.vjp``, which does not distinguish an unconnected input from a gradient of zeros."""
    floating = [i for i, x in enumerate(inputs) if jax.numpy.issubdtype(x.dtype, jax.numpy.floating)]
    wanted = [i for i, c in enumerate(cotangents) if c is not None]
    gradients: list[Any] = [Unconnected] * len(inputs)
    if not floating or not wanted:
        return as_tuple(fn(*inputs)), tuple(gradients)

    def outputs(*values: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        arguments = list(inputs)
        for i, value in zip(floating, values, strict=True):
            arguments[i] = value
        several = as_tuple(fn(*arguments))
        return tuple(several[i] for i in wanted), several

    answers, pullback, several = jax.vjp(outputs, *(inputs[i] for i in floating), has_aux=True)
    # Keras may answer in another dtype than its input's.
    given = tuple(cotangents[i].astype(y.dtype) for i, y in zip(wanted, answers, strict=True))
    for i, gradient in zip(floating, pullback(given), strict=True):
        gradients[i] = gradient
    return several, tuple(gradients)
