"""Pools and the inverse of the average pool."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from opassay.adapters import geometry
from opassay.adapters.jax import taps
from opassay.adapters.jax.window import lowest, reduce_window


class PoolOps:
    def max_pool2d(
        self,
        x: Any,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Any,
        dilation: Sequence[int],
        layout: str,
    ) -> Any:
        """``reduce_window``, which has no gradient where it is dilated: there, that of the located maxima."""

        def reduced(image: Any) -> Any:
            return reduce_window(image, lowest(image.dtype), lax.max, window, stride, padding, dilation, layout)

        def backward(image: Any, cotangent: Any) -> tuple[Any]:
            def located(v: Any) -> Any:
                return taps.located_maximum(v, window, stride, padding, dilation, layout)[0]

            return jax.vjp(located, image)[1](cotangent)

        if set(dilation) <= {1}:
            return reduced(x)
        dilated = jax.custom_vjp(reduced)
        dilated.defvjp(lambda image: (reduced(image), image), backward)
        return dilated(x)

    max_pool1d = max_pool3d = max_pool2d

    def max_pool2d_with_argmax(
        self,
        x: Any,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Any,
        dilation: Sequence[int],
        layout: str,
    ) -> tuple[Any, Any]:
        """Composed from taps: ``reduce_window`` returns no indices."""
        return taps.located_maximum(x, window, stride, padding, dilation, layout)

    def avg_pool2d(
        self,
        x: Any,
        *,
        window: Sequence[int],
        stride: Sequence[int],
        padding: Any,
        count_padding: bool,
        layout: str,
    ) -> Any:
        """A sum pool and one division: JAX has no average pool."""
        total = _sum_pool(x, window, stride, padding, layout)
        wide = jnp.promote_types(x.dtype, jnp.float32)  # bfloat16 cannot count to 289
        if count_padding:
            count: Any = math.prod(window)
        else:
            count = _sum_pool(jnp.ones(_one_plane(x.shape, layout), wide), window, stride, padding, layout)
        return (total.astype(wide) / count).astype(x.dtype)

    avg_pool1d = avg_pool3d = avg_pool2d

    def avg_unpool2d(self, x: Any, *, window: Sequence[int], layout: str) -> Any:
        for axis, repeats in zip(geometry.spatial_axes(layout), window, strict=False):
            x = jnp.repeat(x, repeats, axis=axis)
        return x


def _sum_pool(x: Any, window: Any, stride: Any, padding: Any, layout: str) -> Any:
    return reduce_window(x, np.zeros((), x.dtype), lax.add, window, stride, padding, (1,) * len(window), layout)


def _one_plane(shape: Sequence[int], layout: str) -> tuple[int, ...]:
    """``shape`` with one sample and one channel."""
    spatial = geometry.spatial_axes(layout)
    return tuple(extent if axis in spatial else 1 for axis, extent in enumerate(shape))
