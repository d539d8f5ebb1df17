"""Coordinates of resized places on the input axis, and their error when computed in float32."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

UNIT = 2.0**-24
"""The unit roundoff of float32, in which almost all kernels compute coordinates, whatever the dtype of the image."""

COORDINATES = (
    *("half_pixel", "asymmetric", "align_corners"),
    *("pytorch_half_pixel", "half_pixel_symmetric"),
)
"""As ONNX's Resize names them: https://onnx.ai/onnx/operators/onnx__Resize.html"""


@dataclass(frozen=True)
class Axis:
    """An axis of extent ``given`` resized to ``wanted``; ``scale``: their ratio, if it is an attribute, else 0."""

    given: int
    wanted: int
    scale: float = 0.0

    @property
    def ratio(self) -> float:
        """Wanted over given, which may be no integer."""
        return self.scale or self.wanted / self.given


def axes_of(shape: Sequence[int], size: Any, scales: Any) -> list[Axis]:
    """The axes after the first two, by their sizes, or else by their scales."""
    if size:
        return [Axis(n, m) for n, m in zip(shape[2:], size, strict=True)]
    return [Axis(n, math.floor(n * r), r) for n, r in zip(shape[2:], scales, strict=True)]


def coordinates(axis: Axis, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """The coordinate of each output place on the input axis, and its error.

    The scale, or its inverse, is rounded up to twice, and so is each step of the formula, unless it is exact.
    """
    places = np.arange(axis.wanted, dtype=np.float64)
    if mode == "align_corners":
        return _corners(axis, places)
    if mode == "pytorch_half_pixel" and axis.wanted == 1:
        return np.zeros(1), np.zeros(1)
    shift = 0.0 if mode == "asymmetric" else 0.5
    lengths = (places + shift) / axis.ratio
    error = _scaled(axis.ratio, 1 / axis.ratio, lengths)
    found = lengths - shift
    error = error + _rounded(found, error) * bool(shift)
    if mode == "half_pixel_symmetric":
        return _centred(axis, found, error)
    return found, error


def _corners(axis: Axis, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    last = axis.ratio * axis.given - 1
    if not last:
        return np.zeros(axis.wanted), np.zeros(axis.wanted)
    found = places * (axis.given - 1) / last
    return found, _scaled(last, (axis.given - 1) / last, found)


def _centred(axis: Axis, found: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The centres of input and output coincide, where the scale is not the ratio of their extents."""
    adjustment = axis.wanted / (axis.ratio * axis.given)
    offset = axis.given / 2 * (1 - adjustment)
    if not offset:
        return found, error
    return found + offset, error + 4 * UNIT * (axis.given * (1 + adjustment) / 2 + np.abs(found) + abs(offset))


def _scaled(ratio: float, step: float, lengths: np.ndarray) -> np.ndarray:
    """The error of multiples of a step that was rounded, or inverted, before."""
    steps = 2 if not _exact(np.float64(ratio)) else int(not _exact(np.float64(step)))
    own = steps * UNIT * np.abs(lengths)
    return np.asarray(own + _rounded(lengths, own))


def _rounded(values: np.ndarray, error: np.ndarray) -> np.ndarray:
    """The error of one more rounding; 0 where the value is exact and a number of float32."""
    return np.where((error == 0) & _exact(values), 0.0, UNIT * (np.abs(values) + error))


def _exact(values: np.ndarray | np.float64) -> np.ndarray:
    return np.asarray(np.float32(values) == values)
