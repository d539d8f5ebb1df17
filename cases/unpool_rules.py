"""How the contract of the unpoolings is broken."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from opassay.cases import tables
from opassay.cases.rules import (
    BEYOND,
    NAMES,
    Breach,
    breach,
    image_with,
    named_extents,
    negative,
    put,
    rank_three,
    with_attributes,
    with_extents,
    zero,
)
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

ADDRESSABLE = "the answer has fewer than 2**48 elements"
LAST = (0, -1)
"""Which index is invalid: the first or the last."""

ENDS = tuple((position, far) for far in (0, 2**31, 2**32) for position in LAST)
"""How far it is out of range: by one image, beyond 32 bits, or with low 32 bits that are a valid index."""


def max_unpool_breaches() -> tuple[Breach, ...]:
    own = "an index points into its own channel"
    return (
        breach("IndexOutOfRange", "indices are below height · width · channels", _small, _beyond, ENDS),
        breach("IndexNegative", "indices are at least 0", _small, _negative, ENDS),
        breach("IndexWrongChannel", own, _small, _other_channel, LAST),
        breach("IndexDtype", "indices are int32 or int64", _small, _of_dtype, ("float32", "int8")),
        breach("ShapeMismatch", "indices have the shape of x", _small, _one_row_more, (0,)),
        breach("OutputBatch", "output_shape has x's batch", _small, lambda c, _: _output(c, "batch", 2), (0,)),
        breach(
            "OutputChannels", "output_shape has x's channels", _small, lambda c, n: _output(c, "channels", n), (1, 4)
        ),
        breach("OutputNegative", "extents are at least 0", _small, lambda c, name: _output(c, name, -1), NAMES),
        breach("OutputOverflow", ADDRESSABLE, _small, _huge_output, BEYOND),
        breach("OutputRankThree", "output_shape has four extents", _small, _output_rank, (0,)),
        rank_three(_small),
    )


def avg_unpool_breaches(valid: Callable[..., Any]) -> tuple[Breach, ...]:
    """``valid`` draws small valid geometries."""
    return (
        zero("window", valid),
        negative("window", valid),
        breach("OutputOverflow", ADDRESSABLE, valid, lambda c, size: with_attributes(c, window=(size, size)), BEYOND),
        rank_three(valid),
    )


def _small() -> Draw:
    """Valid unpoolings with literal indices and at least two channels."""
    return tables.drawn(
        _unpooling,
        memory=tables.MEMORIES,
        dtype=tables.ALL_DTYPES,
        layout=tables.LAYOUTS,
        height=(1, 2),
        width=(1, 2, 3),
        channels=(2, 3),
    )


def _unpooling(*, memory: Memory, dtype: str, layout: str, height: int, width: int, channels: int) -> Case:
    shape = tables.image(1, height, width, channels, layout)
    output = tables.image(1, 2 * height, 2 * width, channels, layout)
    tensors = (tables.data(shape, dtype, memory), _indices(shape, layout))
    return Case("max_unpool2d", tensors, {"output_shape": output, "layout": layout})


def _indices(shape: Sequence[int], layout: str) -> Tensor:
    """Index tensor that fills the first cells of every channel in order."""
    _, height, width, channels = tables.extents_of(shape, layout)
    flat = range(height * width * channels)
    order = flat if layout == "NHWC" else [i * channels + c for c in range(channels) for i in range(height * width)]
    return Tensor(tuple(shape), "int64", Fill("literal", values=tuple(order)))


def _with_index(case: Case, position: int, value: int) -> Case:
    indices = case.tensors[1]
    place = position % len(indices.fill.values)
    fill = replace(indices.fill, values=put(indices.fill.values, place, value))
    return replace(case, tensors=(case.tensors[0], replace(indices, fill=fill)))


def _cells_and_channels(case: Case) -> tuple[int, int]:
    shape = case.attributes["output_shape"]
    return math.prod(shape), named_extents(shape, case.attributes["layout"])["channels"]


def _channel(case: Case, position: int) -> int:
    return int(case.tensors[1].fill.values[position]) % _cells_and_channels(case)[1]


def _beyond(case: Case, choice: tuple[int, int]) -> Case:
    position, far = choice
    if far == 2**32:
        return _with_index(case, position, far + int(case.tensors[1].fill.values[position]))
    cells, channels = _cells_and_channels(case)
    return _with_index(case, position, max(cells, far - far % -channels) + _channel(case, position))


def _negative(case: Case, choice: tuple[int, int]) -> Case:
    position, far = choice
    if far == 2**32:
        return _with_index(case, position, int(case.tensors[1].fill.values[position]) - far)
    channels = _cells_and_channels(case)[1]
    return _with_index(case, position, _channel(case, position) - max(channels, far - far % channels))


def _other_channel(case: Case, position: int) -> Case:
    cells, channels = _cells_and_channels(case)
    return _with_index(case, position, cells - channels + (_channel(case, position) + 1) % channels)


def _of_dtype(case: Case, dtype: str) -> Case:
    return replace(case, tensors=(case.tensors[0], replace(case.tensors[1], dtype=dtype)))


def _output(case: Case, name: str, extent: int) -> Case:
    shape = image_with(case.attributes["output_shape"], case.attributes["layout"], **{name: extent})
    return with_attributes(case, output_shape=shape)


def _huge_output(case: Case, extent: int) -> Case:
    shape = image_with(case.attributes["output_shape"], case.attributes["layout"], height=extent, width=extent)
    return with_attributes(case, output_shape=shape)


def _output_rank(case: Case, _: int) -> Case:
    return with_attributes(case, output_shape=case.attributes["output_shape"][1:])


def _one_row_more(case: Case, _: int) -> Case:
    layout = case.attributes["layout"]
    height = named_extents(case.tensors[1].shape, layout)["height"]
    taller = with_extents(case, 1, height=height + 1).tensors[1].shape
    return replace(case, tensors=(case.tensors[0], _indices(taller, layout)))
