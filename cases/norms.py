"""Normalisations: a tensor less its mean, over its deviation, scaled and moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases import norm_pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.reduction import rescaled
from opassay.cases.signatures.shaped import EXTENTS, LONG, Shape
from opassay.cases.signatures.shaped_entry import composed
from opassay.harness.model.fills import Fill

BATCH = (1, 2, 3, 5)
SPREADS = kinds.pairs(("normal", "ties", "iota", "ints"), ("shifted", "shifted", "wide", "special"))
"""A mean that is large beside the spread is what formulas of one pass do not survive."""


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


EPS = {"eps": Attribute("a number above 0, added to the variance", (1e-5, 1e-3, 1e-6, 0.1), _positive)}
TRAINING = Attribute("whether statistics are those of the batch", (False, True), lambda v: isinstance(v, bool))
LEAST = Attribute(
    "a number above 0, the least that x is divided by, or False",
    (1e-3, 1e-6, 0.5, False),
    lambda v: v is False or _positive(v),
)
ORDER = Attribute("1 or 2", (2, 2, 1), lambda v: v in (1, 2))
GROUPS = Attribute("a divisor of the channels", (), lambda v: isinstance(v, int) and v > 0)


def _scaled(x: Real, mean: Real, var: Real, weight: Real, bias: Real, eps: float) -> list[Real]:
    """By distances from the mean, or with what scale and mean make of the bias."""
    root = bounded.inverse_root(var + eps)
    factor = root * weight
    return [(x - mean) * root * weight + bias, bounded.moved(x, mean, factor, bias)]


def _normalised(x: Real, axes: Sequence[int], weight: Real, bias: Real, eps: float) -> Real:
    mean, var = bounded.running_mean(x, axes, True), bounded.reduce_var(x, axes, True)
    return bounded.any_form(_scaled(x, mean, var, weight, bias, eps), (x, weight, bias))


def _trailing(x: Real, weight: Real) -> tuple[int, ...]:
    return tuple(range(-len(weight.shape), 0))


def _layer_norm(x: Real, weight: Real, bias: Real, eps: float) -> Real:
    return _normalised(x, _trailing(x, weight), weight, bias, eps)


def _rms_norm(x: Real, weight: Real, eps: float) -> Real:
    axes = _trailing(x, weight)
    return x * bounded.inverse_root(bounded.reduce_mean(bounded.square(x), axes, True) + eps) * weight


def _batch_norm(x: Real, mean: Real, var: Real, weight: Real, bias: Real, eps: float, training: bool) -> Real:
    if not training:
        return bounded.any_form(_scaled(x, mean, var, weight, bias, eps), (x, weight, bias))
    return _normalised(x, (0, *range(2, len(x.shape))), weight, bias, eps)


def _group_norm(x: Real, weight: Real, bias: Real, groups: int, eps: float) -> Real:
    n, c, *image = x.shape
    split = (groups, c // groups)
    weight, bias = (bounded.reshaped(each, (*split, *each.shape[1:])) for each in (weight, bias))
    grouped = bounded.reshaped(x, (n, *split, *image))
    return bounded.reshaped(_normalised(grouped, range(2, len(grouped.shape)), weight, bias, eps), x.shape)


def _instance_norm(x: Real, weight: Real, bias: Real, eps: float) -> Real:
    return _normalised(x, range(2, len(x.shape)), weight, bias, eps)


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
    """Of x, and of as many tensors over its last axes."""
    x = tuple(reversed(extents))
    over = min(int(way), len(x) - 1)
    return [x, *[x[len(x) - over :]] * count]


def _channel_shapes(count: int, extents: Sequence[int], way: str) -> list[Shape]:
    """Of x, and of as many tensors per channel, that broadcast to axis 1."""
    return [tuple(extents), *[_channels(extents)] * count]


def _channels(x: Sequence[int]) -> Shape:
    return (x[1], *(1,) * (len(x) - 2))


def _group_shapes(extents: Sequence[int], way: str) -> list[Shape]:
    n, groups, each, *image = extents
    return _channel_shapes(2, (n, groups * each, *image), way)


def _over_last(shapes: Sequence[Shape]) -> bool:
    x, *others = shapes
    return all(0 < len(w) < len(x) and x[len(x) - len(w) :] == w for w in others)


def _over_channels(rank: int, shapes: Sequence[Shape]) -> bool:
    x, *others = shapes
    return len(x) >= rank and all(w == _channels(x) for w in others)


def _groups(attributes: Mapping[str, Any], extents: Sequence[int]) -> dict[str, Any]:
    return {**attributes, "groups": extents[1]}


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
IMAGES: Mapping[str, Any] = {
    "values": SPREADS,
    "said": "weight and bias have the extent of x's axis 1, and 1 for each axis behind it",
    "traits": ("norm", "per_channel"),
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
batch_norm = composed(
    "batch_norm",
    _batch_norm,
    "(x - mean) / √(var + eps) · weight + bias by axis 1; of a training batch by its own mean and variance.",
    ("x", "mean", "var", "weight", "bias"),
    partial(_channel_shapes, 4),
    (BATCH, EXTENTS, EXTENTS, EXTENTS),
    ranks=(4, 4, 3, 2),
    fits=partial(_over_channels, 2),
    longer={"WeightShape": (3, 0), "BiasShape": (4, 0)},
    attributes={**EPS, "training": TRAINING},
    own={2: lambda shapes, attributes: Fill("iota", 3)},
    differentiable=("x", "weight", "bias"),
    pins=norm_pins.BATCH_NORM,
    **IMAGES,
)
group_norm = composed(
    "group_norm",
    _group_norm,
    "As layer_norm of each group of channels of a sample, by weight and bias of axis 1.",
    ("x", "weight", "bias"),
    _group_shapes,
    (BATCH, (1, 2, 3, 4, 8), (1, 2, 3, 5, 8), EXTENTS, EXTENTS),
    ranks=(5, 5, 4),
    fits=partial(_over_channels, 2),
    longer={"WeightShape": (1, 0), "BiasShape": (2, 0)},
    attributes=EPS,
    settle=_groups,
    settled={"groups": GROUPS},
    pins=norm_pins.GROUP_NORM,
    **IMAGES,
)
instance_norm = composed(
    "instance_norm",
    _instance_norm,
    "As layer_norm of each channel of a sample, by weight and bias of axis 1.",
    ("x", "weight", "bias"),
    partial(_channel_shapes, 2),
    (BATCH, EXTENTS, EXTENTS, EXTENTS),
    ranks=(4, 4, 3),
    fits=partial(_over_channels, 3),
    longer={"WeightShape": (1, 0), "BiasShape": (2, 0)},
    attributes=EPS,
    pins=norm_pins.INSTANCE_NORM,
    **IMAGES,
)
lp_normalize = rescaled(
    "lp_normalize",
    _lp_normalize,
    "x over its norm along an axis, the sum of sizes or the root of the sum of squares, and at least over eps.",
    attributes={"p": ORDER, "eps": LEAST},
    longest=1025,
)
