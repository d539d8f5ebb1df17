"""``lax.reduce_window`` in terms of spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax


def reduce_window(
    x: Any, initial: np.ndarray, combine: Any, window: Any, stride: Any, padding: Any, dilation: Any, layout: str
) -> Any:
    """``combine`` over windows; ``initial`` is a NumPy scalar: JAX differentiates only with a known constant."""
    return lax.reduce_window(
        x,
        initial,
        combine,
        _per_axis(window, 1, layout),
        _per_axis(stride, 1, layout),
        padding if isinstance(padding, str) else _per_axis(padding, (0, 0), layout),
        window_dilation=_per_axis(dilation, 1, layout),
    )


def lowest(dtype: Any) -> np.ndarray:
    """The identity of a maximum: -inf, or the lowest integer."""
    least = -np.inf if jnp.issubdtype(dtype, jnp.floating) else jnp.iinfo(dtype).min
    return np.array(least, dtype)


def _per_axis(spatial: Sequence[Any], other: Any, layout: str) -> tuple[Any, ...]:
    """One entry per axis: ``spatial`` for the spatial ones, ``other`` for batch and channels."""
    return (other, *spatial, other) if layout.endswith("C") else (other, other, *spatial)
