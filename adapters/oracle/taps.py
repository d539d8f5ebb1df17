"""The input places of each place of a resized axis, their weights, and the weights' errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from opassay.adapters.oracle.coordinates import UNIT, Axis, coordinates

ROUNDINGS = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


@dataclass(frozen=True, eq=False)
class Taps:
    """For each output place, in order: input ``places``, their ``weights``, and the ``error`` bound of each weight.

    ``exact``: weights are 0 and 1, so that nothing is multiplied.
    """

    given: int
    places: np.ndarray
    weights: np.ndarray
    error: np.ndarray
    exact: bool = False

    @property
    def wanted(self) -> int:
        return len(self.places)


def nearest(axis: Axis, mode: str, rounding: str) -> Taps:
    """The nearest place, and any other that is nearest to a coordinate within its error."""
    found, error = coordinates(axis, mode)
    ways = [_whole(c, rounding, axis.given) for c in (found, found - error, found + error)]
    unsure = (ways[1] != ways[0]) | (ways[2] != ways[0])
    other = np.where(ways[1] != ways[0], ways[1], ways[2])
    off = np.stack([unsure, unsure], 1).astype(np.float64)
    weights = np.broadcast_to(np.array([1.0, 0.0]), off.shape)
    return Taps(axis.given, np.stack([ways[0], other], 1), weights, off, True)


def _whole(values: np.ndarray, rounding: str, given: int) -> np.ndarray:
    if rounding == "round_prefer_floor":
        found = np.ceil(values - 0.5)
    elif rounding == "round_prefer_ceil":
        found = np.floor(values + 0.5)
    else:
        found = np.floor(values) if rounding == "floor" else np.ceil(values)
    return np.clip(found, 0, given - 1).astype(np.int64)


def linear(axis: Axis, mode: str, antialias: bool = False, excluded: bool = False) -> Taps:
    """Weights that fall from 1 to 0 over a distance of 1; with ``antialias``, over as many places as shrink to one."""
    return _filtered(axis, mode, Hat(), antialias, excluded)


def cubic(
    axis: Axis, mode: str, coefficient: float, antialias: bool = False, excluded: bool = False, steps: int = 0
) -> Taps:
    """Weights of a cubic convolution, R. G. Keys 1981, whose ``coefficient`` is a in ONNX's Resize.

    ``steps``: the number of weights between two places, where they are looked up in a table.
    """
    return _filtered(axis, mode, Keys(coefficient), antialias, excluded, steps)


@dataclass(frozen=True)
class Hat:
    """1 - |t|, 0 beyond 1."""

    radius: float = 1.0
    slope: float = 1.0

    def weight(self, t: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum(0, 1 - np.abs(t)))

    def rounding(self, t: np.ndarray) -> np.ndarray:
        """One subtraction."""
        found = self.weight(t)
        return np.where(np.float32(found) == found, 0.0, UNIT * found)


@dataclass(frozen=True)
class Keys:
    """The two cubic polynomials of a cubic convolution, for distances up to 1, and up to 2."""

    a: float
    radius: float = 2.0

    @property
    def slope(self) -> float:
        """The steepest slope: of the first polynomial at (a + 3) / (3a + 6), of the second at 1."""
        return max(abs(self.a), (self.a + 3) ** 2 / (3 * (self.a + 2)))

    def _polynomials(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        a = self.a
        return (a + 2, -(a + 3), 0.0, 1.0), (a, -5 * a, 8 * a, -4 * a)

    def weight(self, t: np.ndarray) -> np.ndarray:
        near, far = (np.polyval(p, np.abs(t)) for p in self._polynomials())
        return np.where(np.abs(t) <= 1, near, np.where(np.abs(t) < 2, far, 0.0))

    def rounding(self, t: np.ndarray) -> np.ndarray:
        """Seven operations, in any order, on numbers of the size of the terms; 0 where the weight is 0 or 1."""
        size = np.abs(t)
        near, far = (np.polyval(np.abs(p), size) for p in self._polynomials())
        terms = np.where(size <= 1, near, np.where(size < 2, far, 0.0))
        return np.where(size == np.round(size), 0.0, 7 * UNIT / (1 - 7 * UNIT) * terms)


def _filtered(axis: Axis, mode: str, kernel: Hat | Keys, antialias: bool, excluded: bool, steps: int = 0) -> Taps:
    found, error = coordinates(axis, mode)
    if steps:
        found, error = _stepped(found, error, steps)
    shrink = min(axis.ratio, 1.0) if antialias else 1.0
    reach = kernel.radius / shrink
    count = int(np.ceil(2 * reach)) + 2
    start = np.floor(found - reach).astype(np.int64)
    places = start[:, None] + np.arange(count)
    t = (places - found[:, None]) * shrink
    # The distance is one more difference, and a product with a rounded factor where the axis shrinks.
    known = (error[:, None] == 0) & (np.float32(t) == t) & (np.float32(shrink) == shrink)
    moved = error[:, None] * shrink + np.where(known, 0, 3 * UNIT) * np.abs(t)
    weights, off = kernel.weight(t), kernel.slope * moved + kernel.rounding(t)
    off = np.where(np.abs(t) < kernel.radius + moved, off, 0.0)
    outside = (places < 0) | (places >= axis.given)
    if excluded:
        weights, off = np.where(outside, 0, weights), np.where(outside, 0, off)
    if antialias or excluded:
        weights, off = _normalised(weights, off)
    return Taps(axis.given, np.clip(places, 0, max(axis.given - 1, 0)), weights, off)


def _stepped(found: np.ndarray, error: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest step, or either of two that are equally near."""
    scaled = found * steps
    nearest_two = np.abs(scaled - np.floor(scaled) - 0.5) <= error * steps
    return np.round(scaled) / steps, np.where(nearest_two, 1 / steps, 0.0)


def _normalised(weights: np.ndarray, off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Divided by their sum, whose error is theirs and that of its own roundings."""
    total = weights.sum(axis=1, keepdims=True)
    count = (weights != 0).sum(axis=1, keepdims=True)
    size = np.abs(weights).sum(axis=1, keepdims=True)
    wrong = off.sum(axis=1, keepdims=True) + count * UNIT * size * (count > 1)
    shares = weights / total
    left = np.abs(total) - wrong
    with np.errstate(divide="ignore"):
        spread = np.where(left > 0, (off + np.abs(shares) * wrong) / np.where(left > 0, left, 1), np.inf)
    # Unless the sum is 1, the quotient is rounded.
    rounds = (wrong > 0) | (total != 1)
    return shares, spread + np.where((weights != 0) & rounds, 2 * UNIT * np.abs(shares), 0)
