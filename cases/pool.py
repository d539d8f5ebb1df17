"""Pools over one, two and three spatial axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from opassay.adapters.oracle.judged import judged
from opassay.cases import (
    alike_pins,
    end_pins,
    fillings,
    fitting,
    gradient_pins,
    pool_pins,
    pool_rules,
    tables,
    window_pins,
    windows,
)
from opassay.cases.rules import Breach
from opassay.cases.spatial import SPATIAL
from opassay.cases.windows import Numbers, Padding
from opassay.harness.model.case import Geometry
from opassay.harness.model.draw import Draw, Together
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op, Pin


def _empties(axes: int) -> tuple[str, ...]:
    return ("",) * 92 + ("batch", "batch", "channels", "channels", *SPATIAL[axes].names)


def _square(extent: int, channels: int, window: Numbers, stride: Numbers, padding: Padding, **more: int) -> Together:
    """The tables of a square image, except dtype, layout and memory."""
    image = {"batch": 1, "height": extent, "width": extent, "channels": channels, "size": 0, "empty": ""}
    return Together({"window": window, "stride": stride, "padding": padding, **image, **more})


def _layer(window: int, stride: int, extent: int, channels: int, padding: str = "VALID") -> Together:
    """A square layer as in common models."""
    return _square(extent, channels, (window, window), (stride, stride), padding)


COMMON = (
    *(_layer(2, 2, 16, 32), _layer(2, 2, 28, 16), _layer(2, 2, 14, 64), _layer(3, 2, 15, 64)),
    *(_layer(3, 2, 28, 32, "SAME"), _layer(3, 1, 14, 32, "SAME"), _layer(7, 7, 7, 64), _layer(3, 3, 17, 64)),
)
ALIKE = (
    _square(6, 6, (3, 3), (2, 3), "VALID"),
    _square(7, 2, (3, 3), (2, 2), ((1, 0), (0, 1))),
    _square(6, 2, (1, 1), (3, 3), "SAME"),
)
"""Exchanged strides, no padding, and windows with gaps between them: shapes stay equal, only values differ."""

WIDER = (_square(4, 2, (5, 5), (1, 1), "SAME"),)
"""Windows wider than the image, the first of which does not reach its end."""

LARGE = (_square(1, 1, (1, 1), (1, 1), "VALID", height=33, size=-66049),)
"""An answer of more than 65,535 elements."""

LAYERS: Mapping[int, tuple[Together, ...]] = {
    1: tables.FREE * 32 + SPATIAL[1].ends,
    2: tables.FREE * 55 + COMMON * 4 + ALIKE * 2 + WIDER * 2 + LARGE + SPATIAL[2].ends,
    3: tables.FREE * 32 + SPATIAL[3].ends,
}
DILATED = (Together({"dilation": (2**31 - 1, 2**31 - 1), "window": (1, 1), "empty": ""}),)
"""Valid, since there is a single window."""


def _pool(
    op: str,
    averages: bool,
    *,
    kinds: tuple[str, ...],
    memory: Memory,
    dtype: str,
    layout: str,
    padding: Padding,
    stride: Numbers,
    window: Numbers,
    batch: int,
    channels: int,
    size: int,
    empty: str,
    own: Mapping[str, Any],
    **spatial: int,
) -> Geometry:
    """A valid pool near the draws. ``own``: attributes of this op only; ``spatial``: extents by their axes' names."""
    if averages:
        window = windows.narrowed(window, fillings.most_terms(dtype))
    dilation = own.get("dilation", windows.ones(window))
    padding = windows.allowed_padding(padding, window, dilation)

    def cost(found: Sequence[int]) -> tuple[int, int]:
        outputs = windows.output_extents(found[1:-1], window, stride, dilation, padding)
        pooled = (found[0], *outputs, found[-1])
        return tables.elements(found, pooled), math.prod((*pooled, *window))

    least = (1, *windows.least_extents(padding, window, dilation), 1)
    budget = fitting.Budget(fitting.most_multiply_adds(dtype), wanted=size)
    extents = fitting.fit((batch, *spatial.values(), channels), least, cost, budget)
    emptied = _emptied(dict(zip(("batch", *spatial, "channels"), extents, strict=True)), empty, padding)
    x = tables.data(tables.laid_out(emptied, layout), dtype, memory)
    attributes = {"window": window, "stride": stride, "padding": padding, "layout": layout, **own}
    geometry = tables.geometry(op, (x,), kinds, **attributes)
    if averages:
        return fillings.summed(geometry, kinds, math.prod(window), operands=1)
    return replace(geometry, kinds=fillings.kinds_for(kinds, dtype))


def _emptied(extents: dict[str, int], empty: str, padding: Padding) -> tuple[int, ...]:
    """``extents`` with one set to 0; a spatial one only under SAME, since otherwise no window holds a real element."""
    if empty and empty != "channels" and padding != "SAME":
        empty = "batch"
    return tuple({**extents, **({empty: 0} if empty else {})}.values())


def _drawn(
    op: str,
    axes: int,
    own: str,
    dtypes: Sequence[str] | None = None,
    paddings: Sequence[Padding] | None = None,
    sizes: Sequence[int] = tables.SIZES,
    empty: Sequence[str] | None = None,
    layers: Sequence[Together] | None = None,
) -> Draw:
    """Valid cases of a pool over so many spatial axes; ``own`` is the attribute of this op only."""
    spatial, averages = SPATIAL[axes], own == "count_padding"
    found = LAYERS[axes] + (() if averages or axes != 2 else DILATED)

    def build(**draws: Any) -> Geometry:
        return _pool(op, averages, own={own: draws.pop(own)}, **draws)

    return tables.drawn(
        build,
        kinds=fillings.SUM_KINDS if averages else fillings.MOVE_KINDS,
        memory=tables.MEMORIES,
        dtype=dtypes or (tables.FLOAT_DTYPES if averages else tables.ALL_DTYPES),
        layout=spatial.layouts,
        layer=found if layers is None else layers,
        padding=paddings or spatial.paddings,
        **{own: (False, True) if averages else spatial.dilations},
        stride=spatial.strides,
        window=spatial.windows,
        batch=tables.BATCH,
        **dict.fromkeys(spatial.names, spatial.extents),
        channels=tables.CHANNELS,
        size=sizes,
        empty=_empties(axes) if empty is None else empty,
    )


def _gradients(geometries: Callable[..., Draw], outputs: int, dtypes: Sequence[str]) -> Draw:
    """Cases of the gradient, with a cotangent of the first of ``outputs``."""
    more = (None,) * (outputs - 1)
    return tables.gradients(geometries(dtypes=dtypes), lambda case: (windows.pool_answer(case), *more))


ATTRIBUTES = {
    "window": "extents of the window along each axis",
    "stride": "steps of the window along each axis",
    "padding": "SAME, VALID or a pair (before, after) for each axis",
    "layout": "the order of the axes, with the channels last or first",
}
OWN = {"dilation": "distances between taps along each axis", "count_padding": "whether padding counts in the divisor"}
BREACHES: dict[str, tuple[Breach, ...]] = {}
"""By op, the ways to break its contract."""


def _op(name: str, axes: int, own: str, pins: tuple[Pin, ...]) -> Op:
    """A pool over so many spatial axes; ``own`` is the attribute of this op only."""
    averages, known = own == "count_padding", judged(name)
    geometries = partial(_drawn, name, axes, own)
    small = partial(geometries, sizes=tables.AS_DRAWN, empty=tables.NOT_EMPTY, layers=tables.FREE)
    BREACHES[name] = pool_rules.pool_breaches(small, not averages, range(axes))
    dtypes = tables.FLOAT_DTYPES if averages else tables.GRADIENT_DTYPES
    return Op(
        name,
        **known,
        numerics="average" if averages else "selection",
        geometries=geometries,
        gradients=partial(_gradients, geometries, len(known["outputs"]), dtypes=dtypes),
        shapes=partial(geometries, sizes=tables.AS_DRAWN, empty=tables.often(_empties(axes))),
        rules=tuple(breach.rule for breach in BREACHES[name]),
        pins=pins,
        attributes={**ATTRIBUTES, own: OWN[own]},
        traits=("pools", "windowed", "sums" if averages else "selects_maximum"),
    )


max_pool1d = _op("max_pool1d", 1, "dilation", window_pins.MAX_POOL1D)
max_pool2d = _op(
    "max_pool2d",
    2,
    "dilation",
    (*pool_pins.MAX_POOL2D, *gradient_pins.MAX_POOL2D, *alike_pins.MAX_POOL2D, *end_pins.MAX_POOL2D),
)
max_pool2d_with_argmax = _op(
    "max_pool2d_with_argmax",
    2,
    "dilation",
    (*pool_pins.MAX_POOL2D_WITH_ARGMAX, *gradient_pins.MAX_POOL2D_WITH_ARGMAX, *alike_pins.MAX_POOL2D_WITH_ARGMAX),
)
max_pool3d = _op("max_pool3d", 3, "dilation", window_pins.MAX_POOL3D)
avg_pool1d = _op("avg_pool1d", 1, "count_padding", window_pins.AVG_POOL1D)
avg_pool2d = _op(
    "avg_pool2d",
    2,
    "count_padding",
    (*pool_pins.AVG_POOL2D, *gradient_pins.AVG_POOL2D, *alike_pins.AVG_POOL2D, *end_pins.AVG_POOL2D),
)
avg_pool3d = _op("avg_pool3d", 3, "count_padding", window_pins.AVG_POOL3D)

avg_pool_gradients = partial(_gradients, partial(_drawn, "avg_pool2d", 2, "count_padding"), 1)
