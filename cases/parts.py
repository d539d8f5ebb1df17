"""Ops that slice, pad or repeat a tensor."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded import NOWHERE, arranged
from opassay.cases import movement_pins as pins
from opassay.cases.signatures.arranged import Call, Shape
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import but, first_of, one_axis
from opassay.cases.signatures.attributes import integer, integers, whole
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.moves import ALONG, AXIS, Arrays, Attributes, at, cycled, moved
from opassay.cases.signatures.rules import More
from opassay.harness.model.case import Case

LENGTHS = integers("whole numbers, one for each axis")

FAR = 2**31 - 1
"""The largest 32-bit integer, which stands for the end of an axis."""

TIMES = ((2,), (1, 2), (2, 1), (3, 1, 1), (1, 1, 2), (2, 3), (0, 1), (1, 0, 2), (1,))
"""Repeats per axis, cycled."""


def _negative(name: str) -> Callable[[Any], Any]:
    return lambda case: but(case, **{name: first_of(case.attributes[name], -1)})


tile = arranging(
    "tile",
    moved(lambda x, repeats: np.tile(x, repeats)),
    "x, one behind the other, so many times along each axis.",
    lambda shape, way: ({"repeats": cycled(way, len(shape))}, (shape,)),
    lambda a, shapes: [tuple(n * k for n, k in zip(shapes[0], a["repeats"], strict=True))],
    ways=TIMES,
    ranks=(2, 3, 1, 4, 2, 5),
    attributes={"repeats": LENGTHS},
    rules=(
        More("RepeatsNegative", "repeats are at least 0", lambda a, _: min(a["repeats"]) >= 0, _negative("repeats")),
        More(
            "RepeatsMissing",
            "there is a number for each axis",
            lambda a, xs: len(a["repeats"]) == xs[0].ndim,
            lambda case: but(case, repeats=case.attributes["repeats"][1:]),
        ),
    ),
    pins=pins.TILE,
    traits=("moves",),
)
repeat = arranging(
    "repeat",
    moved(lambda x, repeats, axis: np.repeat(x, repeats, axis)),
    "Each slice along an axis, so many times in a row.",
    lambda shape, way: ({"axis": ALONG[way[0]](len(shape)), "repeats": way[1]}, (shape,)),
    lambda a, shapes: [at(shapes[0], a["axis"], shapes[0][a["axis"]] * a["repeats"])],
    ways=(("last", 2), ("first", 2), ("from the end", 3), ("middle", 2), ("first", 0), ("last", 1)),
    ranks=(2, 3, 1, 4, 5),
    attributes={"axis": AXIS, "repeats": integer("a whole number, 0 or more")},
    rules=(
        *one_axis(),
        More("RepeatsNegative", "repeats are at least 0", lambda a, _: a["repeats"] >= 0, lambda c: but(c, repeats=-1)),
    ),
    pins=pins.REPEAT,
    traits=("moves",),
)

CUTS = (
    ((1, FAR, 1), (0, -1, 1)),
    ((-3, FAR, 1), (0, 2, 1)),
    ((0, FAR, 2), (1, FAR, 3)),
    ((-1, -FAR, -1), (0, FAR, 1)),
    ((FAR, -FAR, -2), (-2, -FAR, -1)),
    ((-90, 90, 2), (3, 1, 1)),
    ((0, FAR, 1), (0, 3, 2)),
)
"""(start, end, step) per axis, cycled."""


def _cut(a: Attributes) -> tuple[builtins.slice, ...]:
    return tuple(map(builtins.slice, a["begin"], a["end"], a["step"]))


def _sliced(shape: Shape, way: Sequence[tuple[int, int, int]]) -> Call:
    begin, end, step = zip(*cycled(way, len(shape)), strict=True)
    return {"begin": begin, "end": end, "step": step}, (shape,)


slice = arranging(
    "slice",
    moved(lambda x, **a: x[_cut(a)]),
    "x[start:end:step] along each axis, as Python has it: from the end if negative, as far as there is something.",
    _sliced,
    lambda a, shapes: [tuple(len(range(*cut.indices(n))) for n, cut in zip(shapes[0], _cut(a), strict=True))],
    ways=CUTS,
    ranks=(2, 3, 1, 4, 5),
    attributes={"begin": LENGTHS, "end": LENGTHS, "step": integers("whole numbers other than 0, one for each axis")},
    rules=(
        More(
            "StepZero",
            "no step is 0",
            lambda a, _: 0 not in a["step"],
            lambda case: but(case, step=first_of(case.attributes["step"], 0)),
        ),
    ),
    pins=pins.SLICE,
    traits=("moves",),
)

AMOUNTS = (
    ((1, 1),),
    ((0, 2), (1, 0)),
    ((2, 3), (0, 0)),
    ((0, 0), (3, 1), (1, 2)),
    ((0, 0),),
    ((17, 0), (0, 33), (0, 0), (0, 0), (0, 0)),
)
MODES = ("constant", "constant", "reflect", "edge", "symmetric", "wrap")


def _padded(shape: Shape, way: tuple[str, Sequence[tuple[int, int]]]) -> Call:
    mode, amounts = way
    limits = [{"constant": 99, "reflect": max(n - 1, 0)}.get(mode, n) for n in shape]
    pads = zip(cycled(amounts, len(shape)), limits, strict=True)
    return {"mode": mode, "pads": tuple((min(a, n), min(b, n)) for (a, b), n in pads)}, (shape,)


def _pad(x: np.ndarray, pads: Any, mode: str, fill: float) -> np.ndarray:
    return np.pad(x, pads, constant_values=NOWHERE) if mode == "constant" else np.pad(x, pads, mode)  # type: ignore


def _pairs(given: Any) -> bool:
    return isinstance(given, tuple) and all(isinstance(p, tuple) and len(p) == 2 and all(map(whole, p)) for p in given)


def _far(a: Attributes, xs: Arrays) -> bool:
    less = a["mode"] == "reflect"
    pairs = zip(a["pads"], xs[0].shape, strict=True)
    return a["mode"] == "constant" or all(max(pair) <= max(n - less, 0) for pair, n in pairs)


def _too_wide(case: Case) -> Case:
    """The first axis is reflected by its full length, one more than it has reflected elements."""
    shape = case.tensors[0].shape
    return but(case, mode="reflect", pads=first_of([(0, 0)] * len(shape), (0, shape[0])))


pad = arranging(
    "pad",
    lambda x, **a: arranged((x,), lambda given: _pad(given, **a), a["fill"]),
    "x with so many elements more before and behind each axis: fill, or as the mode says of NumPy's pad.",
    _padded,
    lambda a, shapes: [tuple(n + sum(pair) for n, pair in zip(shapes[0], a["pads"], strict=True))],
    ways=[(mode, amounts) for amounts in AMOUNTS for mode in MODES],
    ranks=(2, 3, 4, 1, 4, 5),
    attributes={
        "pads": Attribute("pairs of whole numbers, before and behind each axis", (), _pairs),
        "mode": Attribute(f"one of {', '.join(dict.fromkeys(MODES))}", (), lambda given: given in MODES),
        "fill": integer("what a constant pads with", (0, 0, 1, 2)),
    },
    rules=(
        More(
            "PadNegative",
            "amounts are at least 0",
            lambda a, _: min(min(pair) for pair in a["pads"]) >= 0,
            lambda case: but(case, mode="constant", pads=first_of(case.attributes["pads"], (-1, 0))),
        ),
        More(
            "PadTooWide",
            "no more is mirrored or wrapped than there is",
            _far,
            _too_wide,
        ),
    ),
    pins=pins.PAD,
    traits=("moves",),
)
