"""Mistakes of resizing."""

from __future__ import annotations

from typing import Any

from opassay.adapters.oracle import bounded, taps
from opassay.adapters.oracle.coordinates import axes_of
from opassay.adapters.oracle.hypotheses.computed import by_formula

STEPS = 1024
"""The number of table rows between two pixels in TensorFlow."""


def _tabulated(
    x: bounded.Real, size: Any, scales: Any, coordinates: str, coefficient: float, antialias: bool, edges: str
) -> bounded.Real:
    told = (coordinates, coefficient, antialias, edges == "excluded", 0 if antialias else STEPS)
    return bounded.resized(x, [taps.cubic(axis, *told) for axis in axes_of(x.shape, size, scales)])


HYPOTHESES = (
    by_formula(
        "weights_tabulated",
        f"weights are those of the nearest of {STEPS} steps between two pixels",
        {"resize_cubic": (_tabulated,)},
    ),
)
