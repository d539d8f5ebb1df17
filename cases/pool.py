"""Pools: what to try."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from opassay.adapters.oracle.judged import judged
from opassay.cases import alike_pins, end_pins, gradient_pins, pool_pins, pool_rules, tables, windows
from opassay.cases.windows import Padding
from opassay.harness.model.case import Geometry
from opassay.harness.model.draw import Draw, Together
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op, Pin

EMPTY = ("",) * 92 + ("batch", "batch", "channels", "channels", "height", "width")


def _layer(window: int, stride: int, extent: int, channels: int, padding: str = "VALID") -> Together:
    """A square layer as models have it."""
    pairs = {"window": (window, window), "stride": (stride, stride)}
    image = {"batch": 1, "height": extent, "width": extent, "channels": channels, "size": 0, "empty": ""}
    return Together({**pairs, "padding": padding, **image})


COMMON = (
    *(_layer(2, 2, 16, 32), _layer(2, 2, 28, 16), _layer(2, 2, 14, 64), _layer(3, 2, 15, 64)),
    *(_layer(3, 2, 28, 32, "SAME"), _layer(3, 1, 14, 32, "SAME"), _layer(7, 7, 7, 64), _layer(3, 3, 17, 64)),
)
ENDS = tuple(Together({"stride": pair, "empty": ""}) for far in tables.FAR_STEPS for pair in ((far, 1), (1, far)))
LAYERS = tables.FREE * 64 + COMMON * 4 + ENDS
DILATED = (Together({"dilation": (2**31 - 1, 2**31 - 1), "window": (1, 1), "empty": ""}),)
"""Valid, since the window is there but once."""


def _pool(
    op: str,
    *,
    kinds: tuple[str, ...],
    memory: Memory,
    dtype: str,
    layout: str,
    padding: Padding,
    stride: tuple[int, int],
    window: tuple[int, int],
    batch: int,
    height: int,
    width: int,
    channels: int,
    size: int,
    empty: str,
    dilation: tuple[int, int] = (1, 1),
    **more: bool,
) -> Geometry:
    """A valid pool near the draws."""
    if op == "avg_pool2d":
        window = windows.narrowed(window, tables.most_terms(dtype))
    padding = windows.allowed_padding(padding, window, dilation)

    def cost(found: Sequence[int]) -> tuple[int, int]:
        outputs = windows.output_extents((found[1], found[2]), window, stride, dilation, padding)
        pooled = (found[0], *outputs, found[3])
        return tables.elements(found, pooled), math.prod((*pooled, *window))

    least = (1, *windows.least_extents(padding, window, dilation), 1)
    budget = tables.Budget(tables.most_multiply_adds(dtype), wanted=size)
    extents = tables.fit((batch, height, width, channels), least, cost, budget)
    x = tables.data(tables.image(*_emptied(extents, empty, padding), layout), dtype, memory)
    attributes = {"window": window, "stride": stride, "padding": padding, "layout": layout, **more}
    if op != "avg_pool2d":
        attributes["dilation"] = dilation
    geometry = tables.geometry(op, (x,), kinds, **attributes)
    if op == "avg_pool2d":
        return tables.summed(geometry, kinds, math.prod(window), operands=1)
    return replace(geometry, kinds=tables.kinds_for(kinds, dtype))


def _emptied(extents: Sequence[int], empty: str, padding: Padding) -> tuple[int, int, int, int]:
    """``extents`` with one set to 0. A spatial one only under SAME: elsewhere no window holds a real element."""
    batch, height, width, channels = extents
    if empty in ("height", "width") and padding != "SAME":
        empty = "batch"
    return (
        0 if empty == "batch" else batch,
        0 if empty == "height" else height,
        0 if empty == "width" else width,
        0 if empty == "channels" else channels,
    )


def _draws(
    op: str,
    dtypes: Sequence[str],
    kinds: Sequence[tuple[str, ...]],
    paddings: Sequence[Padding],
    sizes: Sequence[int],
    empty: Sequence[str],
    layers: Sequence[Together],
    own: Mapping[str, Sequence[Any]],
) -> Draw:
    return tables.drawn(
        lambda **draws: _pool(op, **draws),
        kinds=kinds,
        memory=tables.MEMORIES,
        dtype=dtypes,
        layout=tables.LAYOUTS,
        layer=layers,
        padding=paddings,
        **own,
        stride=tables.STRIDES,
        window=tables.WINDOWS,
        batch=tables.BATCH,
        height=tables.SPATIAL,
        width=tables.SPATIAL,
        channels=tables.CHANNELS,
        size=sizes,
        empty=empty,
    )


def max_pool_geometries(
    op: str,
    paddings: Sequence[Padding] = tables.PADDINGS,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
    layers: Sequence[Together] = LAYERS + DILATED,
) -> Draw:
    """Valid cases of ``max_pool2d`` or ``max_pool2d_with_argmax``."""
    own = {"dilation": tables.DILATIONS}
    return _draws(op, tables.ALL_DTYPES, tables.MOVE_KINDS, paddings, sizes, empty, layers, own)


def avg_pool_geometries(
    paddings: Sequence[Padding] = tables.PADDINGS,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] = EMPTY,
    dtypes: Sequence[str] = tables.FLOAT_DTYPES,
    layers: Sequence[Together] = LAYERS,
) -> Draw:
    """Valid cases of ``avg_pool2d``."""
    own = {"count_padding": (False, True)}
    return _draws("avg_pool2d", dtypes, tables.SUM_KINDS, paddings, sizes, empty, layers, own)


def avg_pool_gradients(dtypes: Sequence[str] = tables.FLOAT_DTYPES) -> Draw:
    """Cases of the gradient of ``avg_pool2d``."""
    return tables.gradients(avg_pool_geometries(dtypes=dtypes), lambda case: (windows.pool_answer(case),))


def max_pool_gradients(op: str) -> Draw:
    """Cases of the gradient of ``max_pool2d`` or ``max_pool2d_with_argmax``."""
    own = {"dilation": tables.DILATIONS}
    layers = LAYERS + DILATED
    drawn = _draws(op, tables.GRADIENT_DTYPES, tables.MOVE_KINDS, tables.PADDINGS, tables.SIZES, EMPTY, layers, own)
    more = (None,) if op == "max_pool2d_with_argmax" else ()
    return tables.gradients(drawn, lambda case: (windows.pool_answer(case), *more))


def _op(
    name: str,
    numerics: str,
    geometries: Callable[..., Draw],
    pins: tuple[Pin, ...],
    own: Mapping[str, str],
) -> Op:
    return Op(
        name,
        **judged(name),
        numerics=numerics,
        geometries=geometries,
        gradients=avg_pool_gradients if name == "avg_pool2d" else partial(max_pool_gradients, name),
        shapes=partial(geometries, sizes=tables.AS_DRAWN, empty=tables.often(EMPTY)),
        rules=tuple(breach.rule for breach in BREACHES[name]),
        pins=pins,
        attributes={**ATTRIBUTES, **own},
        traits=("pools", "windowed", "sums" if numerics == "average" else "selects_maximum"),
    )


ATTRIBUTES = {
    "window": "(height, width) of the window",
    "stride": "(height, width) steps of the window",
    "padding": "SAME, VALID or ((top, bottom), (left, right))",
    "layout": "NHWC or NCHW",
}
DILATION = {"dilation": "(height, width) distances between taps"}
COUNT_PADDING = {"count_padding": "whether padding counts in the divisor"}
DRAWS: Mapping[str, Callable[..., Draw]] = {
    "max_pool2d": partial(max_pool_geometries, "max_pool2d"),
    "max_pool2d_with_argmax": partial(max_pool_geometries, "max_pool2d_with_argmax"),
    "avg_pool2d": avg_pool_geometries,
}
BREACHES = {
    name: pool_rules.pool_breaches(
        partial(draw, sizes=tables.AS_DRAWN, empty=tables.NOT_EMPTY, layers=tables.FREE), dilated=name != "avg_pool2d"
    )
    for name, draw in DRAWS.items()
}

max_pool2d = _op(
    "max_pool2d",
    "selection",
    DRAWS["max_pool2d"],
    (*pool_pins.MAX_POOL2D, *gradient_pins.MAX_POOL2D, *alike_pins.MAX_POOL2D, *end_pins.MAX_POOL2D),
    DILATION,
)
max_pool2d_with_argmax = _op(
    "max_pool2d_with_argmax",
    "selection",
    DRAWS["max_pool2d_with_argmax"],
    (*pool_pins.MAX_POOL2D_WITH_ARGMAX, *gradient_pins.MAX_POOL2D_WITH_ARGMAX, *alike_pins.MAX_POOL2D_WITH_ARGMAX),
    DILATION,
)
avg_pool2d = _op(
    "avg_pool2d",
    "average",
    avg_pool_geometries,
    (*pool_pins.AVG_POOL2D, *gradient_pins.AVG_POOL2D, *alike_pins.AVG_POOL2D, *end_pins.AVG_POOL2D),
    COUNT_PADDING,
)
