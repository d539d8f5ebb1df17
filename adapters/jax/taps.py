"""The index of each window's maximum, and its value, gathered, so that the gradient goes to that element only.

Independent of how a framework breaks ties or orders NaN. Positions follow from the attributes alone; JAX computes them
nevertheless, so that it refuses a window too large for memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from opassay.adapters import geometry
from opassay.adapters.jax.window import lowest, reduce_window

NOWHERE = np.iinfo(np.int64).max


Taps = tuple[Any, ...]
"""Places read by windows, ``[tap, window]`` along each axis, in the unpadded image."""


def located_maximum(x: Any, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> tuple[Any, Any]:
    """Maxima and their flat indices ``(y·W + x)·C + c``, the first (or the first NaN) of each window."""
    last = layout.endswith("C")
    image = x if last else jnp.moveaxis(x, 1, -1)
    cells = _cells(lax.stop_gradient(image), window, stride, padding, dilation)
    batch, *extents, channels = image.shape
    places = cells.reshape(batch, math.prod(cells.shape[1:-1]), channels)
    flat = image.reshape(batch, math.prod(extents), channels)
    values = jnp.take_along_axis(flat, places, axis=1).reshape(cells.shape)
    indices = cells * channels + jnp.arange(channels, dtype=cells.dtype)
    return (values, indices) if last else (jnp.moveaxis(values, -1, 1), jnp.moveaxis(indices, -1, 1))


def _cells(image: Any, window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The place ``y·W + x`` of each window's maximum in an image whose channels are last, int64."""
    least, within = lowest(image.dtype), image.shape[1:-1]
    # With reduce_window for the shape, JAX rejects here what it rejects in a plain max pool.
    extents = jax.eval_shape(
        lambda v: reduce_window(v, least, lax.max, window, stride, padding, dilation, "NHWC"), image
    ).shape[1:-1]
    pads = geometry.pad_amounts(within, window, stride, dilation, padding)
    taps = tuple(map(_positions, window, stride, dilation, extents, pads))
    values = _values(image, least, taps, pads)
    where, inside = _places(taps, within)
    nan, over = values != values, tuple(range(1, 2 * len(taps), 2))
    largest = jnp.max(jnp.where(nan, least, values), axis=over, keepdims=True)
    wanted = jnp.where(jnp.any(nan, axis=over, keepdims=True), nan, values == largest)
    return jnp.min(jnp.where(wanted & inside, where, NOWHERE), axis=over)


def _positions(window: int, stride: int, dilation: int, extent: int, pads: Sequence[int]) -> Any:
    return jnp.arange(window)[:, None] * dilation + jnp.arange(extent)[None, :] * stride - pads[0]


def _values(image: Any, least: np.ndarray, taps: Taps, pads: Any) -> Any:
    """Every tap of every window: ``[batch, tap, row, tap, row, …, channel]``, two axes for each of the image's."""
    found = lax.pad(image, least, [(0, 0, 0), *((*pair, 0) for pair in pads), (0, 0, 0)])
    for axis, (places, (low, _)) in enumerate(zip(taps, pads, strict=True)):
        found = found[(slice(None),) * (1 + 2 * axis) + (places + low,)]
    return found


def _places(taps: Taps, extents: Sequence[int]) -> tuple[Any, Any]:
    """``y·W + x`` of every tap, and whether it lies in the image; broadcastable to ``_values``."""
    where: Any = 0
    inside: Any = True
    for axis, (places, extent) in enumerate(zip(taps, extents, strict=True)):
        spread = [1] * (2 * len(taps) + 2)
        spread[1 + 2 * axis : 3 + 2 * axis] = places.shape
        places = places.reshape(spread)
        where, inside = where * extent + places, inside & (places >= 0) & (places < extent)
    return where, inside
