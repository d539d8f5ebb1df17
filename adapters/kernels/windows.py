"""The answer and the gradient of a max pool by the rules that frameworks follow. NumPy only.

For predicates of known differences: a case differs where a rule's answer is not that of the contract.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from opassay.adapters.geometry import effective, output_extent, pad_amounts, spatial_axes, taps
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case


class Windows(NamedTuple):
    """Every tap of every window of an image.

    ``values`` is ``[taps, batch, rows, columns, channels]``, -inf outside the image. ``places`` is
    ``[taps, rows, columns]``: ``y * W + x`` in the unpadded image, -1 outside it.
    """

    values: np.ndarray
    places: np.ndarray


Rule = Callable[[Windows], np.ndarray]
"""Which tap of each window is chosen as the maximum: ``[batch, rows, columns, channels]``."""


def to_nhwc(values: np.ndarray, layout: str) -> np.ndarray:
    return values if layout == "NHWC" else np.moveaxis(values, 1, -1)


@lru_cache(maxsize=8)
def windows(case: Case) -> Windows:
    """The windows of a pool's first input, which has a float dtype."""
    how, tensor = case.attributes, case.tensors[0]
    image = to_nhwc(dtypes.widen(tensor.materialize()), how["layout"])
    extents = [tensor.shape[axis] for axis in spatial_axes(how["layout"])]
    window, stride, dilation = how["window"], how["stride"], how["dilation"]
    pads = pad_amounts(extents, window, stride, dilation, how["padding"])
    rows, columns = (
        _positions(n, k, s, d, pad) for n, k, s, d, pad in zip(extents, window, stride, dilation, pads, strict=True)
    )
    down, across = (np.array([line[tap[axis]] for tap in taps(window)]) for axis, line in enumerate((rows, columns)))
    inside = ((down >= 0) & (down < extents[0]))[:, :, None] & ((across >= 0) & (across < extents[1]))[:, None, :]
    places = np.where(inside, down[:, :, None] * extents[1] + across[:, None, :], -1)
    flat = image.reshape(image.shape[0], -1, image.shape[3])
    found = np.moveaxis(flat[:, np.maximum(places, 0)], 1, 0)
    return Windows(np.where(inside[:, None, :, :, None], found, -np.inf), places)


def _positions(extent: int, window: int, stride: int, dilation: int, pad: tuple[int, int]) -> np.ndarray:
    """``[window, outputs]``: the row that each tap of each window reads."""
    count = output_extent(extent + sum(pad), window, stride, dilation)
    return np.arange(window)[:, None] * dilation + np.arange(count)[None, :] * stride - pad[0]


def usable(case: Case) -> bool:
    """Whether ``case`` pools floats that may be special and has any windows."""
    tensor, how = case.tensors[0], case.attributes
    if not dtypes.is_float(tensor.dtype) or tensor.fill.kind not in ("special", "literal") or 0 in tensor.shape:
        return False
    extents = [tensor.shape[axis] for axis in spatial_axes(how["layout"])]
    pads = pad_amounts(extents, how["window"], how["stride"], how["dilation"], how["padding"])
    sizes = zip(extents, pads, how["window"], how["dilation"], strict=True)
    return all(n + sum(pad) >= effective(k, d) for n, pad, k, d in sizes)


def first_maximum(seen: Windows) -> np.ndarray:
    """The contract's rule: the first NaN, else the first maximum; padding never."""
    inside = _inside(seen)
    nan = np.isnan(seen.values) & inside
    top = np.where(nan, -np.inf, seen.values).max(axis=0)
    wanted = np.where(nan.any(axis=0), nan, (seen.values == top) & inside)
    return np.asarray(wanted.argmax(axis=0))


def last_nan(seen: Windows) -> np.ndarray:
    """The last NaN of a window, else the first maximum."""
    nan = np.isnan(seen.values)
    last = len(nan) - 1 - nan[::-1].argmax(axis=0)
    return np.where(nan.any(axis=0), last, first_maximum(seen))


def flushed(values: np.ndarray, dtype: str) -> np.ndarray:
    """Subnormals as zeros; float16 is never flushed."""
    if dtype == "float16":
        return values
    return np.where(np.abs(values) < dtypes.FORMATS[dtype].smallest_normal, 0.0, values)


def _inside(seen: Windows) -> np.ndarray:
    return np.asarray(seen.places >= 0)[:, None, :, :, None]


def answer(seen: Windows, tap: np.ndarray) -> np.ndarray:
    """The value at each window's ``tap``: ``[batch, rows, columns, channels]``."""
    return np.take_along_axis(seen.values, tap[None], axis=0)[0]


def place(seen: Windows, tap: np.ndarray) -> np.ndarray:
    """The place of each window's ``tap``, as in ``seen.places``: ``[batch, rows, columns, channels]``."""
    rows, columns = seen.places.shape[1:]
    return np.asarray(seen.places[tap, np.arange(rows)[:, None, None], np.arange(columns)[:, None]])


def gradient(case: Case, seen: Windows, tap: np.ndarray, lost: np.ndarray | bool = False) -> np.ndarray:
    """``[batch, H * W, channels]``: the cotangents summed at the taps, except where ``lost`` or padding."""
    given = case.cotangents[0]
    assert given is not None
    cotangent = to_nhwc(dtypes.widen(given.materialize()), case.attributes["layout"])
    shape = case.tensors[0].shape
    height, width = (shape[axis] for axis in spatial_axes(case.attributes["layout"]))
    batch, channels = cotangent.shape[0], cotangent.shape[3]
    # One extra place at the end, which -1 also addresses, is dropped.
    total = np.zeros((batch, height * width + 1, channels))
    where = np.where(lost, -1, place(seen, tap))
    with np.errstate(invalid="ignore", over="ignore"):
        np.add.at(total, (np.arange(batch)[:, None, None, None], where, np.arange(channels)), cotangent)
    return total[:, :-1]


def failure(got: np.ndarray, expected: np.ndarray, tiny: float = 0.0) -> str:
    """The verdict on ``got`` under a fill that rounds: "special", "numeric" or "pass".

    Not finite, or two numbers below ``tiny`` (the dtype's smallest normal number, for values that are only moved).
    """
    with np.errstate(invalid="ignore"):
        other = ~((np.isnan(got) & np.isnan(expected)) | (got == expected))
        small = (np.abs(got) < tiny) & (np.abs(expected) < tiny)
    if (other & (small | ~np.isfinite(got) | ~np.isfinite(expected))).any():
        return "special"
    return "numeric" if other.any() else "pass"
