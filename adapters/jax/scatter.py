"""Ops that write at given positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp


class ScatterOps:
    def scatter_nd(self, indices: Any, updates: Any, *, shape: Sequence[int]) -> Any:
        """``.at[].add`` in its default mode, which drops what is out of range and counts negatives from the end."""
        return jnp.zeros(shape, updates.dtype).at[tuple(jnp.moveaxis(indices, -1, 0))].add(updates)

    def max_unpool2d(self, x: Any, indices: Any, *, output_shape: Sequence[int], layout: str) -> Any:
        """``.at[].set`` sample by sample: JAX has no un-pooling."""
        if layout == "NCHW":
            batch, channels, *spatial = output_shape
            last = [jnp.transpose(v, (0, 2, 3, 1)) for v in (x, indices)]
            image = _unpool(*last, (batch, *spatial, channels))
            return jnp.transpose(image, (0, 3, 1, 2))
        return _unpool(x, indices, output_shape)


def _unpool(x: Any, indices: Any, output_shape: Sequence[int]) -> Any:
    blank = jnp.zeros(output_shape, x.dtype)

    def place(sample: Any, where: Any, values: Any) -> Any:
        return sample.reshape(-1).at[where].set(values).reshape(sample.shape)

    return jax.vmap(place)(blank, indices, x)
