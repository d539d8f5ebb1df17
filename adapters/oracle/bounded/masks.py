"""Arrays that broadcast: masks over the elements of a node, and values made on demand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def repeated(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """``array``, broadcast to ``shape``; for one element a view, which is several times faster."""
    if array.shape == shape:
        return array
    if array.shape == ():
        found = np.ndarray(shape, array.dtype, array, strides=(0,) * len(shape))
        found.flags.writeable = False
        return found
    return np.broadcast_to(array, shape)


def any_of(shape: tuple[int, ...], masks: list[np.ndarray]) -> np.ndarray | None:
    """Where any of them holds; one of another shape counts everywhere if it holds anywhere."""
    if not masks:
        return None
    if any(mask.shape not in ((), shape) for mask in masks):
        masks = [np.asarray(mask.any()) for mask in masks]
    if len(masks) == 1:
        return repeated(masks[0], shape)
    return np.broadcast_to(np.logical_or.reduce(np.broadcast_arrays(*masks)), shape)


def once(make: Callable[[], np.ndarray]) -> Callable[[], np.ndarray]:
    """``make``, called on first use: several parts of a node share its result, and none holds the node."""
    made: list[np.ndarray] = []

    def found() -> np.ndarray:
        if not made:
            made.append(np.asarray(make()))
        return made[0]

    return found
