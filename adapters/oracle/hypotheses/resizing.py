"""Mistakes of resizing."""

from __future__ import annotations

from typing import Any

from opassay.adapters.oracle import bounded, taps
from opassay.adapters.oracle.coordinates import Axis, axes_of
from opassay.adapters.oracle.hypotheses.computed import by_formula

STEPS = 1024
"""The number of table rows between two pixels in TensorFlow."""


def _tabulated(
    x: bounded.Real, size: Any, scales: Any, coordinates: str, coefficient: float, antialias: bool, edges: str
) -> bounded.Real:
    told = (coordinates, coefficient, antialias, edges == "excluded", 0 if antialias else STEPS)
    return bounded.resized(x, [taps.cubic(axis, *told) for axis in axes_of(x.shape, size, scales)])


def _first_of_axis(
    x: bounded.Real, size: Any, scales: Any, coordinates: str, antialias: bool, edges: str
) -> bounded.Real:
    """As if the ratio of an axis that becomes 1 were 0: every coordinate is that of its first place."""
    axes = axes_of(x.shape, size, scales)
    lost = [axis.wanted == 1 < axis.given for axis in axes]
    part = (..., *(slice(0, 1 if one else None) for one in lost))
    first = bounded.arranged((x,), lambda a: a[part])
    kept = [Axis(1, 1) if one else axis for one, axis in zip(lost, axes, strict=True)]
    return bounded.resized(first, [taps.linear(axis, coordinates, antialias, edges == "excluded") for axis in kept])


HYPOTHESES = (
    by_formula(
        "first_of_axis",
        "an axis that becomes 1 is its first place, as with aligned corners",
        {"resize_linear": (_first_of_axis,)},
    ),
    by_formula(
        "weights_tabulated",
        f"weights are those of the nearest of {STEPS} steps between two pixels",
        {"resize_cubic": (_tabulated,)},
    ),
)
