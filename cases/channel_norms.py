"""Normalisations by channel: over a batch, groups of channels, or each channel of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.cases import norm_pins
from opassay.cases.norms import BATCH, EPS, SPREADS, normalised, scaled
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.shaped import EXTENTS, Shape
from opassay.cases.signatures.shaped_entry import composed
from opassay.harness.model.fills import Fill

TRAINING = Attribute("whether statistics are those of the batch", (False, True), lambda v: isinstance(v, bool))
GROUPS = Attribute("a divisor of the channels", (), lambda v: isinstance(v, int) and v > 0)


def _batch_norm(x: Real, mean: Real, var: Real, weight: Real, bias: Real, eps: float, training: bool) -> Real:
    if not training:
        return bounded.any_form(scaled(x, mean, var, weight, bias, eps), (x, weight, bias))
    return normalised(x, (0, *range(2, len(x.shape))), weight, bias, eps)


def _group_norm(x: Real, weight: Real, bias: Real, groups: int, eps: float) -> Real:
    n, c, *image = x.shape
    split = (groups, c // groups)
    weight, bias = (bounded.reshaped(each, (*split, *each.shape[1:])) for each in (weight, bias))
    grouped = bounded.reshaped(x, (n, *split, *image))
    return bounded.reshaped(normalised(grouped, range(2, len(grouped.shape)), weight, bias, eps), x.shape)


def _instance_norm(x: Real, weight: Real, bias: Real, eps: float) -> Real:
    return normalised(x, range(2, len(x.shape)), weight, bias, eps)


def _channel_shapes(count: int, extents: Sequence[int], way: str) -> list[Shape]:
    """Shapes of x, and of as many tensors per channel, broadcast to axis 1."""
    return [tuple(extents), *[_channels(extents)] * count]


def _channels(x: Sequence[int]) -> Shape:
    return (x[1], *(1,) * (len(x) - 2))


def _group_shapes(extents: Sequence[int], way: str) -> list[Shape]:
    n, groups, each, *image = extents
    return _channel_shapes(2, (n, groups * each, *image), way)


def _over_channels(rank: int, shapes: Sequence[Shape]) -> bool:
    x, *others = shapes
    return len(x) >= rank and all(w == _channels(x) for w in others)


def _groups(attributes: Mapping[str, Any], extents: Sequence[int]) -> dict[str, Any]:
    return {**attributes, "groups": extents[1]}


IMAGES: Mapping[str, Any] = {
    "values": SPREADS,
    "said": "weight and bias have the extent of x's axis 1, and 1 for each axis behind it",
    "traits": ("norm", "per_channel"),
}

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
