"""Window arithmetic for the draws: what fits, and what comes out.

Formulas: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opassay.cases import tables
from opassay.harness.model.case import Case

Pads = tuple[tuple[int, int], tuple[int, int]]
Padding = str | Pads
NO_PADS: Pads = ((0, 0), (0, 0))


def span(window: int, dilation: int = 1) -> int:
    """How many rows a dilated window spans."""
    return (window - 1) * dilation + 1


def stated_padding(padding: Padding, window: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> Padding:
    """``padding`` with numbers for what a table says of the effective window."""
    if isinstance(padding, str):
        return padding
    top, bottom, left, right = (
        _pad(pad, span(k, d)) for sides, k, d in zip(padding, window, dilation, strict=True) for pad in sides
    )
    return ((top, bottom), (left, right))


def _pad(pad: int, spanned: int) -> int:
    return {tables.FULL: spanned - 1, tables.SPAN: spanned, tables.FAR: 2 * spanned + 1}.get(pad, pad)


def allowed_padding(padding: Padding, window: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> Padding:
    """The same with each pad below the effective window, as the contract of pools asks."""
    stated = stated_padding(padding, window, dilation)
    if isinstance(stated, str):
        return stated
    (top, bottom), (left, right) = stated
    rows, columns = (span(k, d) - 1 for k, d in zip(window, dilation, strict=True))
    return ((min(top, rows), min(bottom, rows)), (min(left, columns), min(right, columns)))


def least_extents(padding: Padding, window: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> tuple[int, int]:
    """The least height and width, not below 1, that one window fits."""
    if padding == "SAME":
        return (1, 1)
    pads = NO_PADS if isinstance(padding, str) else padding
    height, width = (max(1, span(k, d) - sum(p)) for k, d, p in zip(window, dilation, pads, strict=True))
    return (height, width)


def fits_nothing(padding: Padding, axis: int, window: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> bool:
    """Whether an extent of 0 on spatial ``axis`` (0 height, 1 width) is valid."""
    if isinstance(padding, str):
        return padding == "SAME"
    return sum(padding[axis]) >= span(window[axis], dilation[axis])


def output_extents(
    extents: tuple[int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: Padding,
) -> tuple[int, int]:
    """(height, width) of the output: how many windows there are along each axis."""
    if padding == "SAME":
        return (-(-extents[0] // stride[0]), -(-extents[1] // stride[1]))
    pads = NO_PADS if isinstance(padding, str) else padding
    height, width = (
        (extents[axis] + sum(pads[axis]) - span(window[axis], dilation[axis])) // stride[axis] + 1 for axis in (0, 1)
    )
    return (height, width)


def conv_answer(case: Case) -> tuple[int, ...]:
    """The shape of a convolution's answer, in its layout."""
    x, w, layout = case.tensors[0].shape, case.tensors[1].shape, case.attributes["layout"]
    return answer_shape(x, (w[0], w[1]), case.attributes["dilation"], case.attributes, w[3], layout)


def pool_answer(case: Case) -> tuple[int, ...]:
    """The shape of a pool's answer, in its layout."""
    x, layout, dilation = case.tensors[0].shape, case.attributes["layout"], case.attributes.get("dilation", (1, 1))
    return answer_shape(
        x, case.attributes["window"], dilation, case.attributes, x[3 if layout == "NHWC" else 1], layout
    )


def answer_shape(
    x: tuple[int, ...],
    window: tuple[int, int],
    dilation: tuple[int, int],
    attributes: Mapping[str, Any],
    channels: int,
    layout: str,
) -> tuple[int, ...]:
    """The shape of what windows over ``x`` make, ``channels`` deep, in ``layout``."""
    extents = (x[1], x[2]) if layout == "NHWC" else (x[2], x[3])
    rows, columns = output_extents(extents, window, attributes["stride"], dilation, attributes["padding"])
    return (x[0], rows, columns, channels) if layout == "NHWC" else (x[0], channels, rows, columns)


def narrowed(window: tuple[int, int], limit: int) -> tuple[int, int]:
    """``window`` with its longer side shortened until it has at most ``limit`` positions."""
    height, width = window
    while height * width > limit:
        height, width = (height - 1, width) if height > width else (height, width - 1)
    return (height, width)
