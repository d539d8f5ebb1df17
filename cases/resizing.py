"""Images whose spatial axes are resized: batch and channels first, then one to three axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opassay.adapters.oracle import bounded, taps
from opassay.adapters.oracle.bounded import Real
from opassay.adapters.oracle.coordinates import COORDINATES, axes_of
from opassay.cases import resizing_pins as pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.arranged import Call, Shape
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import Inputs, but
from opassay.cases.signatures.attributes import flag
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.moves import cycled
from opassay.cases.signatures.rules import More
from opassay.harness.model.case import Case

Size = Callable[[int], int]

SIZES: tuple[Size, ...] = (
    lambda n: 2 * n,
    lambda n: max(1, n // 2),
    lambda n: n + 2,
    lambda n: 3 * n,
    lambda n: 1,
    lambda n: max(1, 2 * n // 3),
    lambda n: n,
    lambda n: max(1, n // 4),
    lambda n: n + n // 4 + 1,
)
SCALES = (2.0, 1.5, 0.75, 2.625, 0.5, 3.0, 0.375, 1.0)
"""With so few digits that an extent times a scale is exact."""

Mode = Mapping[str, Any]


def _resized(shape: Shape, way: tuple[Mode, bool, int]) -> Call:
    """By sizes or by scales. Only the batch may be empty."""
    mode, scaled, turn = way
    extents = [max(1, n) for n in shape[2:]]
    sizes = tuple(SIZES[(turn + i) % len(SIZES)](n) for i, n in enumerate(extents))
    rates = [SCALES[(turn + i) % len(SCALES)] for i in range(len(extents))]
    scales = tuple(r if n * r >= 1 else 1.0 for n, r in zip(extents, rates, strict=True))
    own = {"size": False, "scales": scales} if scaled else {"size": sizes, "scales": False}
    return {**own, **mode}, ((*shape[:2], *extents),)


def _answers(a: Mode, shapes: Sequence[Shape]) -> Sequence[Shape]:
    (shape,) = shapes
    return [(*shape[:2], *(axis.wanted for axis in axes_of(shape, a["size"], a["scales"])))]


def _nearest(x: Real, size: Any, scales: Any, coordinates: str, rounding: str) -> Real:
    return bounded.nearest(x, [taps.nearest(axis, coordinates, rounding) for axis in axes_of(x.shape, size, scales)])


def _linear(x: Real, size: Any, scales: Any, coordinates: str, antialias: bool, edges: str) -> Real:
    told = (coordinates, antialias, edges == "excluded")
    return bounded.resized(x, [taps.linear(axis, *told) for axis in axes_of(x.shape, size, scales)])


def _cubic(x: Real, size: Any, scales: Any, coordinates: str, coefficient: float, antialias: bool, edges: str) -> Real:
    told = (coordinates, coefficient, antialias, edges == "excluded")
    return bounded.resized(x, [taps.cubic(axis, *told) for axis in axes_of(x.shape, size, scales)])


def _ways(*modes: Mode) -> tuple[tuple[Mode, bool, int], ...]:
    """Each mode with several sizes, and a quarter of them by scales, except aligned corners, which need sizes."""
    turns = enumerate(cycled(modes, 4 * len(modes)))
    return tuple((m, i // len(modes) % 4 == 2 and m["coordinates"] != "align_corners", i) for i, m in turns)


def _modes(*names: str) -> Callable[..., Mode]:
    return lambda *values: dict(zip(names, values, strict=True))


def _per_axis(a: Mode, xs: Inputs) -> bool:
    given = a["size"] or a["scales"]
    return bool(given) and bool(a["size"]) != bool(a["scales"]) and len(given) == xs[0].ndim - 2


def _above_zero(a: Mode, xs: Inputs) -> bool:
    return all(n > 0 for n in _answers(a, [xs[0].shape])[0][2:])


def _by_size(case: Case, change: Callable[[Shape], Shape]) -> Case:
    size = _answers(case.attributes, [case.tensors[0].shape])[0][2:]
    return but(case, size=change(size), scales=False)


def _numbers(given: Any) -> bool:
    return given is False or isinstance(given, tuple)


RULES = (
    More(
        "SizeMissing",
        "size or scales, and not both, has a number for each axis after the first two",
        _per_axis,
        lambda case: _by_size(case, lambda size: (*size, 2)),
    ),
    More("SizeZero", "each size is above 0", _above_zero, lambda case: _by_size(case, lambda size: (0, *size[1:]))),
)


def _word(names: Sequence[str]) -> Attribute:
    """One of several words, chosen by the way."""
    return Attribute(f"one of {', '.join(names)}", (), lambda given: given in names)


SHARED = {
    "size": Attribute("whole numbers, one for each axis after the first two, or False", (), _numbers),
    "scales": Attribute("factors of these axes, or False", (), _numbers),
    "coordinates": _word(COORDINATES),
}
EDGES = ("clamped", "excluded")
"""Beyond its edges an image is extended, or the weights of the remaining elements are normalised."""

FILTERED = {
    **SHARED,
    "antialias": flag("whether what shrinks is made of all that shrinks to it", ()),
    "edges": _word(EDGES),
}
COEFFICIENT = Attribute("a, the slope at a distance of 1", (), lambda given: isinstance(given, float) and given < 0)
VALUES = kinds.pairs(("ints", "iota", "normal"), ("normal", "wide", "shifted", "ties"))
"""Finite: no framework defines an infinity times a weight of 0."""

RANKS = (4, 3, 4, 5)
nearer = _modes("coordinates", "rounding")
smooth = _modes("coordinates", "antialias", "edges")
cubed = _modes("coordinates", "coefficient", "antialias", "edges")

resize_nearest = arranging(
    "resize_nearest",
    _nearest,
    "An image whose places lie on those of x by their coordinates, which are rounded: that place of x.",
    _resized,
    _answers,
    ways=_ways(
        nearer("asymmetric", "floor"),
        nearer("half_pixel", "round_prefer_ceil"),
        nearer("half_pixel", "round_prefer_floor"),
        nearer("align_corners", "round_prefer_ceil"),
        nearer("asymmetric", "floor"),
        nearer("half_pixel", "round_prefer_ceil"),
        nearer("asymmetric", "round_prefer_floor"),
        nearer("half_pixel", "floor"),
        nearer("pytorch_half_pixel", "ceil"),
        nearer("half_pixel_symmetric", "round_prefer_ceil"),
        nearer("align_corners", "floor"),
    ),
    ranks=RANKS,
    dtypes=kinds.NUMBERS,
    attributes={**SHARED, "rounding": _word(taps.ROUNDINGS)},
    rules=RULES,
    pins=pins.NEAREST,
    traits=("resizes",),
)
resize_linear = arranging(
    "resize_linear",
    _linear,
    "An image whose places lie on those of x by their coordinates: between two places, as far as each is near.",
    _resized,
    _answers,
    ways=_ways(
        smooth("half_pixel", False, "clamped"),
        smooth("align_corners", False, "clamped"),
        smooth("half_pixel", True, "excluded"),
        smooth("half_pixel", False, "clamped"),
        smooth("asymmetric", False, "clamped"),
        smooth("align_corners", False, "clamped"),
        smooth("half_pixel", True, "clamped"),
        smooth("half_pixel", True, "excluded"),
        smooth("pytorch_half_pixel", False, "clamped"),
        smooth("half_pixel_symmetric", False, "clamped"),
    ),
    ranks=RANKS,
    dtypes=kinds.FLOATING,
    values=VALUES,
    attributes=FILTERED,
    rules=RULES,
    pins=pins.LINEAR,
    traits=("resizes", "sums"),
)
resize_cubic = arranging(
    "resize_cubic",
    _cubic,
    "An image whose places lie on those of x by their coordinates: a cubic convolution, with coefficient a, of four.",
    _resized,
    _answers,
    ways=_ways(
        cubed("half_pixel", -0.75, False, "clamped"),
        cubed("half_pixel", -0.5, False, "excluded"),
        cubed("align_corners", -0.75, False, "clamped"),
        cubed("half_pixel", -0.5, True, "excluded"),
        cubed("half_pixel", -0.75, False, "clamped"),
        cubed("asymmetric", -0.75, False, "clamped"),
        cubed("half_pixel", -0.75, True, "clamped"),
        cubed("half_pixel_symmetric", -0.5, False, "clamped"),
        cubed("pytorch_half_pixel", -0.75, False, "excluded"),
    ),
    ranks=RANKS,
    dtypes=kinds.FLOATING,
    values=VALUES,
    attributes={**FILTERED, "coefficient": COEFFICIENT},
    rules=RULES,
    pins=pins.CUBIC,
    traits=("resizes", "sums"),
)
