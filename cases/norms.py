"""Normalisations of rows: minus their mean, over their deviation, scaled and shifted; or over their norm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases import norm_pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.attributes import positive
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.reduction import rescaled
from opassay.cases.signatures.shaped import EXTENTS, LONG, Shape
from opassay.cases.signatures.shaped_entry import composed

BATCH = (1, 2, 3, 5)
SPREADS = kinds.pairs(("normal", "ties", "iota", "ints"), ("shifted", "shifted", "wide", "special"))
"""A mean that is large relative to the deviation breaks one-pass formulas."""


EPS = {"eps": Attribute("a number above 0, added to the variance", (1e-5, 1e-3, 1e-6, 0.1), positive)}
LEAST = Attribute(
    "a number above 0, the least that x is divided by, or False",
    (1e-3, 1e-6, 0.5, False),
    lambda v: v is False or positive(v),
)
ORDER = Attribute("1 or 2", (2, 2, 1), lambda v: v in (1, 2))


def scaled(x: Real, mean: Real, var: Real, weight: Real, bias: Real, eps: float) -> list[Real]:
    """By distances from the mean, or with scale and mean folded into the bias."""
    root = bounded.inverse_root(var + eps)
    factor = root * weight
    return [(x - mean) * root * weight + bias, bounded.moved(x, mean, factor, bias)]


def normalised(x: Real, axes: Sequence[int], weight: Real, bias: Real, eps: float) -> Real:
    mean, var = bounded.running_mean(x, axes, True), bounded.reduce_var(x, axes, True)
    return bounded.any_form(scaled(x, mean, var, weight, bias, eps), (x, weight, bias))


def _trailing(x: Real, weight: Real) -> tuple[int, ...]:
    return tuple(range(-len(weight.shape), 0))


def _layer_norm(x: Real, weight: Real, bias: Real, eps: float) -> Real:
    return normalised(x, _trailing(x, weight), weight, bias, eps)


def _rms_norm(x: Real, weight: Real, eps: float) -> Real:
    axes = _trailing(x, weight)
    return x * bounded.inverse_root(bounded.reduce_mean(bounded.square(x), axes, True) + eps) * weight


def _lp_normalize(x: Real, axis: int, p: int, eps: float) -> Real:
    if p == 1:
        return _over(x, bounded.norm_l1(x, axis, True), eps)
    squares = bounded.sum_square(x, axis, True)
    by_root = x * bounded.inverse_root(bounded.maximum(squares, eps * eps) if eps else squares)
    return bounded.any_form([_over(x, bounded.root(squares), eps), by_root], (x,))


def _over(x: Real, norm: Real, eps: float) -> Real:
    if eps:
        return x / bounded.maximum(norm, eps)
    return bounded.left_open(x / norm, np.broadcast_to(norm.value == 0, x.shape))


def _trailing_shapes(count: int, extents: Sequence[int], way: str) -> list[Shape]:
    """Shapes of x, and of as many tensors over its last axes."""
    x = tuple(reversed(extents))
    over = min(int(way), len(x) - 1)
    return [x, *[x[len(x) - over :]] * count]


def _over_last(shapes: Sequence[Shape]) -> bool:
    x, *others = shapes
    return all(0 < len(w) < len(x) and x[len(x) - len(w) :] == w for w in others)


ROWS: Mapping[str, Any] = {
    "extents": (LONG, EXTENTS, EXTENTS, BATCH),
    "ranks": (2, 2, 3, 3, 4),
    "ways": ("1", "1", "1", "2"),
    "values": SPREADS,
    "fits": _over_last,
    "said": "weight and bias have the shape of x's last axes, but not of all",
    "attributes": EPS,
    "traits": ("norm",),
}
layer_norm = composed(
    "layer_norm",
    _layer_norm,
    "(x - mean) / √(variance + eps) · weight + bias, of x's last axes, which weight has.",
    ("x", "weight", "bias"),
    partial(_trailing_shapes, 2),
    longer={"WeightShape": (1, -1), "BiasShape": (2, -1)},
    pins=norm_pins.LAYER_NORM,
    **ROWS,
)
rms_norm = composed(
    "rms_norm",
    _rms_norm,
    "x / √(mean of squares + eps) · weight, of x's last axes, which weight has.",
    ("x", "weight"),
    partial(_trailing_shapes, 1),
    longer={"WeightShape": (1, -1)},
    pins=norm_pins.RMS_NORM,
    **ROWS,
)
lp_normalize = rescaled(
    "lp_normalize",
    _lp_normalize,
    "x over its norm along an axis, the sum of sizes or the root of the sum of squares, and at least over eps.",
    attributes={"p": ORDER, "eps": LEAST},
    longest=1025,
)
