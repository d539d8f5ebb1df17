"""Where the maximum of each window lies, and its value, gathered: so its gradient goes there and nowhere else.

Indifferent to how a framework breaks ties or orders NaN. Positions follow from the attributes alone; they are counted
by JAX all the same, which is then the one to refuse a window of a size that no memory holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from opassay.adapters import geometry
from opassay.adapters.jax.window import lowest, reduce_window

NOWHERE = np.iinfo(np.int64).max


class Taps(NamedTuple):
    """Rows and columns that windows read, ``[tap, window]`` along each axis, counted in the unpadded image."""

    rows: Any
    columns: Any


def located_maximum(x: Any, window: Any, stride: Any, padding: Any, dilation: Any, layout: str) -> tuple[Any, Any]:
    """Maxima and their flat indices ``(y·W + x)·C + c``, the first (or the first NaN) of each window."""
    image = jnp.transpose(x, (0, 2, 3, 1)) if layout == "NCHW" else x
    cells = _cells(lax.stop_gradient(image), window, stride, padding, dilation)
    batch, height, width, channels = image.shape
    places = cells.reshape(batch, cells.shape[1] * cells.shape[2], channels)
    values = jnp.take_along_axis(image.reshape(batch, height * width, channels), places, axis=1).reshape(cells.shape)
    indices = cells * channels + jnp.arange(channels, dtype=cells.dtype)
    if layout == "NCHW":
        return jnp.transpose(values, (0, 3, 1, 2)), jnp.transpose(indices, (0, 3, 1, 2))
    return values, indices


def _cells(image: Any, window: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The place ``y·W + x`` of each window's maximum in an NHWC image, int64."""
    least = lowest(image.dtype)
    # Asking reduce_window for the shape has JAX reject here what it rejects in a plain max pool.
    extents = jax.eval_shape(
        lambda v: reduce_window(v, least, lax.max, window, stride, padding, dilation, "NHWC"), image
    ).shape[1:3]
    pads = geometry.pad_amounts(image.shape[1:3], window, stride, dilation, padding)
    taps = Taps(*map(_positions, window, stride, dilation, extents, pads))
    values = _values(image, least, taps, pads)
    where, inside = _places(taps, image.shape[1:3])
    nan = values != values
    largest = jnp.max(jnp.where(nan, least, values), axis=(1, 3), keepdims=True)
    wanted = jnp.where(jnp.any(nan, axis=(1, 3), keepdims=True), nan, values == largest)
    return jnp.min(jnp.where(wanted & inside, where, NOWHERE), axis=(1, 3))


def _positions(window: int, stride: int, dilation: int, extent: int, pads: Sequence[int]) -> Any:
    return jnp.arange(window)[:, None] * dilation + jnp.arange(extent)[None, :] * stride - pads[0]


def _values(image: Any, least: np.ndarray, taps: Taps, pads: Any) -> Any:
    """Every tap of every window: ``[batch, tap row, row, tap column, column, channel]``."""
    padded = lax.pad(image, least, [(0, 0, 0), (*pads[0], 0), (*pads[1], 0), (0, 0, 0)])
    rows, columns = taps.rows + pads[0][0], taps.columns + pads[1][0]
    return padded[:, rows][:, :, :, columns]


def _places(taps: Taps, extents: Sequence[int]) -> tuple[Any, Any]:
    """``y·W + x`` of every tap, and whether it lies in the image; broadcastable to ``_values``."""
    rows, columns = taps.rows[None, :, :, None, None, None], taps.columns[None, None, None, :, :, None]
    inside = (rows >= 0) & (rows < extents[0]) & (columns >= 0) & (columns < extents[1])
    return rows * extents[1] + columns, inside
