"""Ops that write at given indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from opassay.adapters import geometry


class ScatterOps:
    def scatter_nd(self, indices: Any, updates: Any, *, shape: Sequence[int]) -> Any:
        """``.at[].add`` in its default mode, which drops indices out of range and counts negative ones from the end."""
        return jnp.zeros(shape, updates.dtype).at[tuple(jnp.moveaxis(indices, -1, 0))].add(updates)

    def max_unpool2d(self, x: Any, indices: Any, *, output_shape: Sequence[int], layout: str) -> Any:
        """``.at[].set``, plane by plane: JAX has no un-pooling. ``vmap`` checks batch and channels."""

        def place(plane: Any, where: Any, values: Any) -> Any:
            # A constant: the axis' size, also in versions of JAX without lax.axis_size.
            cells = where.reshape(-1) // lax.psum(1, "channels")
            return plane.reshape(-1).at[cells].set(values.reshape(-1)).reshape(plane.shape)

        axis = geometry.channel_axis(layout) - 1
        sample = jax.vmap(place, in_axes=axis, out_axes=axis, axis_name="channels")
        return jax.vmap(sample)(jnp.zeros(output_shape, x.dtype), indices, x)
