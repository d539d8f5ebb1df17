"""Ops that JAX has under the same name."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


class PlainOps:
    def relu(self, x: Any) -> Any:
        return jax.nn.relu(x)

    def matmul(self, a: Any, b: Any) -> Any:
        return jnp.matmul(a, b)

    def stop_gradient(self, x: Any) -> Any:
        return lax.stop_gradient(x)
