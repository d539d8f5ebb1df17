"""Where JAX's maintainers say that XLA on the CPU is meant to flush subnormals to zero. Free of JAX."""

from __future__ import annotations

URL = "https://github.com/jax-ml/jax/issues/16200"
TITLE = "Subnormal `jax.numpy` arrays equal to 0"
NAN_URL = "https://github.com/jax-ml/jax/issues/4042"
NAN_TITLE = "Inconsistent results for epsilon * inf on CPU"
"""Of products with infinity, which are NaN then."""
