"""Cases of unpooling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from opassay.adapters.oracle.judged import judged
from opassay.cases import end_pins, fillings, fitting, gradient_pins, pool_pins, tables, unpool_rules
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.draw import Draw, Together
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op

EMPTY = ("",) * 95 + ("batch", "batch", "channels", "channels", "height")
REPEATS = (1,) * 24 + (2,)
EQUAL_KINDS = ("ones",)
"""Values with one index must be equal, or the contract leaves the answer open."""

SPREAD = ((1, 1), (2, 2), (2, 2), (3, 3), (2, 1), (1, 3), (3, 2))
MARGIN = ((0, 0), (0, 0), (1, 0), (0, 1), (2, 1))
FACTORS = ((1, 1), (2, 2), (2, 2), (3, 3), (1, 2), (3, 1), (2, 3), (4, 4), (5, 2))


def _common(extent: int, channels: int, **more: tuple[int, int]) -> Together:
    """A square image twice as large, as in common models."""
    image = {"batch": 1, "height": extent, "width": extent, "channels": channels}
    return Together({**more, **image, "size": 0, "empty": ""})


_SIZES = ((7, 64), (14, 32), (14, 64), (8, 16))
UNPOOLED = tables.FREE * 8 + tuple(_common(*size, spread=(2, 2), margin=(0, 0)) for size in _SIZES)
REPEATED = tables.FREE * 8 + tuple(_common(*size, window=(2, 2)) for size in _SIZES)


def _emptied(extents: Sequence[int], empty: str) -> tuple[int, int, int, int]:
    axes = ("batch", "height", "width", "channels")
    batch, height, width, channels = (0 if axis == empty else n for axis, n in zip(axes, extents, strict=True))
    return (batch, height, width, channels)


def _max_unpool(
    *,
    kinds: tuple[str, ...],
    memory: Memory,
    index_memory: Memory,
    dtype: str,
    index_dtype: str,
    layout: str,
    repeats: int,
    spread: tuple[int, int],
    margin: tuple[int, int],
    batch: int,
    height: int,
    width: int,
    channels: int,
    size: int,
    empty: str,
) -> Geometry:
    """A valid unpooling near the draws: every index is distinct, or occurs ``repeats`` times."""

    def unpooled(found: Sequence[int]) -> tuple[int, int, int, int]:
        return (found[0], found[1] * spread[0] + margin[0], found[2] * spread[1] + margin[1], found[3])

    def cost(found: Sequence[int]) -> tuple[int, int]:
        return tables.elements(unpooled(found)), 0

    found = fitting.fit((batch, height, width, channels), (1,) * 4, cost, fitting.Budget(wanted=size))
    found = list(_emptied(found, empty))
    output = unpooled(found)
    shape = tables.image(*_four(found), layout)
    limits = (output[1] * output[2], output[3], 3 if layout == "NHWC" else 1, repeats, 1)
    tensors = (
        tables.data(shape, dtype, memory),
        tables.index(shape, index_dtype, Fill("cells", limits=limits), index_memory),
    )
    kinds = EQUAL_KINDS if repeats > 1 else fillings.kinds_for(kinds, dtype)
    return tables.geometry("max_unpool2d", tensors, kinds, output_shape=tables.image(*output, layout), layout=layout)


def _four(extents: Sequence[int]) -> tuple[int, int, int, int]:
    batch, height, width, channels = extents
    return (batch, height, width, channels)


def max_unpool_geometries(
    dtypes: Sequence[str] = tables.ALL_DTYPES, sizes: Sequence[int] = tables.SIZES, empty: Sequence[str] = EMPTY
) -> Draw:
    """Valid cases of ``max_unpool2d``."""
    return tables.drawn(
        _max_unpool,
        kinds=fillings.MOVE_KINDS,
        memory=tables.MEMORIES,
        index_memory=tables.MEMORIES,
        dtype=dtypes,
        index_dtype=("int64", "int32"),
        layout=tables.LAYOUTS,
        unpooled=UNPOOLED,
        repeats=REPEATS,
        spread=SPREAD,
        margin=MARGIN,
        batch=tables.BATCH,
        height=tables.SPATIAL,
        width=tables.SPATIAL,
        channels=tables.CHANNELS,
        size=sizes,
        empty=empty,
    )


def _avg_unpool(
    *,
    kinds: tuple[str, ...],
    memory: Memory,
    dtype: str,
    layout: str,
    window: tuple[int, int],
    batch: int,
    height: int,
    width: int,
    channels: int,
    size: int,
    empty: str,
) -> Geometry:
    """A valid unpooling near the draws."""

    def cost(found: Sequence[int]) -> tuple[int, int]:
        return math.prod((*found, *window)), 0

    found = fitting.fit((batch, height, width, channels), (1,) * 4, cost, fitting.Budget(wanted=size))
    x = tables.data(tables.image(*_emptied(found, empty), layout), dtype, memory)
    return tables.geometry("avg_unpool2d", (x,), fillings.kinds_for(kinds, dtype), window=window, layout=layout)


def avg_unpool_geometries(
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
    dtypes: Sequence[str] = tables.ALL_DTYPES,
    repeated: Sequence[Together] = REPEATED,
) -> Draw:
    """Valid cases of ``avg_unpool2d``."""
    return tables.drawn(
        _avg_unpool,
        kinds=fillings.MOVE_KINDS,
        memory=tables.MEMORIES,
        dtype=dtypes,
        layout=tables.LAYOUTS,
        repeated=repeated,
        window=FACTORS,
        batch=tables.BATCH,
        height=tables.SPATIAL,
        width=tables.SPATIAL,
        channels=tables.CHANNELS,
        size=sizes,
        empty=empty,
    )


def max_unpool_gradients() -> Draw:
    """Cases of the gradient of ``max_unpool2d``."""
    return tables.gradients(
        max_unpool_geometries(tables.GRADIENT_DTYPES), lambda case: (case.attributes["output_shape"],)
    )


def avg_unpool_gradients(dtypes: Sequence[str] = tables.GRADIENT_DTYPES) -> Draw:
    """Cases of the gradient of ``avg_unpool2d``."""
    return tables.gradients(avg_unpool_geometries(dtypes=dtypes), lambda case: (_filled(case),))


def _filled(case: Case) -> tuple[int, ...]:
    first = 1 if case.attributes["layout"] == "NHWC" else 2
    scale = {first: case.attributes["window"][0], first + 1: case.attributes["window"][1]}
    return tuple(n * scale.get(axis, 1) for axis, n in enumerate(case.tensors[0].shape))


BREACHES = {
    "max_unpool2d": unpool_rules.max_unpool_breaches(),
    "avg_unpool2d": unpool_rules.avg_unpool_breaches(
        partial(avg_unpool_geometries, sizes=tables.AS_DRAWN, empty=tables.NOT_EMPTY, repeated=tables.FREE)
    ),
}

max_unpool2d = Op(
    "max_unpool2d",
    **judged("max_unpool2d"),
    numerics="movement",
    geometries=max_unpool_geometries,
    gradients=max_unpool_gradients,
    shapes=partial(max_unpool_geometries, sizes=tables.AS_DRAWN, empty=tables.often(EMPTY)),
    rules=tuple(breach.rule for breach in BREACHES["max_unpool2d"]),
    pins=(*pool_pins.MAX_UNPOOL2D, *gradient_pins.MAX_UNPOOL2D, *end_pins.MAX_UNPOOL2D),
    attributes={"output_shape": "the whole shape of the output in layout", "layout": "NHWC or NCHW"},
    traits=("unpools", "indexes"),
)

avg_unpool2d = Op(
    "avg_unpool2d",
    **judged("avg_unpool2d"),
    numerics="movement",
    geometries=avg_unpool_geometries,
    gradients=avg_unpool_gradients,
    shapes=partial(avg_unpool_geometries, sizes=tables.AS_DRAWN, empty=tables.often(EMPTY)),
    rules=tuple(breach.rule for breach in BREACHES["avg_unpool2d"]),
    pins=(*pool_pins.AVG_UNPOOL2D, *gradient_pins.AVG_UNPOOL2D),
    attributes={"window": "(height, width) that each value fills", "layout": "NHWC or NCHW"},
    traits=("unpools", "windowed"),
)
