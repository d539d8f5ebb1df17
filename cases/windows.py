"""Window arithmetic for the draws: valid windows and output extents, along any number of spatial axes.

Formulas: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from opassay.cases import tables
from opassay.harness.model.case import Case

Numbers = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]
Padding = str | Pads


def span(window: int, dilation: int = 1) -> int:
    """How many rows a dilated window spans."""
    return (window - 1) * dilation + 1


def spans(window: Sequence[int], dilation: Sequence[int]) -> Numbers:
    """The same along each axis."""
    return tuple(span(k, d) for k, d in zip(window, dilation, strict=True))


def ones(window: Sequence[int]) -> Numbers:
    """The dilation of a window without dilation."""
    return (1,) * len(window)


def stated_padding(padding: Padding, window: Numbers, dilation: Numbers) -> Padding:
    """``padding`` with numbers in place of a table's names for fractions of the effective window."""
    if isinstance(padding, str):
        return padding
    return tuple(
        (_pad(low, spanned), _pad(high, spanned))
        for (low, high), spanned in zip(padding, spans(window, dilation), strict=True)
    )


def _pad(pad: int, spanned: int) -> int:
    return {tables.FULL: spanned - 1, tables.SPAN: spanned, tables.FAR: 2 * spanned + 1}.get(pad, pad)


def allowed_padding(padding: Padding, window: Numbers, dilation: Numbers) -> Padding:
    """The same with each pad below the effective window, as the contract of pools requires."""
    stated = stated_padding(padding, window, dilation)
    if isinstance(stated, str):
        return stated
    limits = [spanned - 1 for spanned in spans(window, dilation)]
    return tuple((min(low, most), min(high, most)) for (low, high), most in zip(stated, limits, strict=True))


def _amounts(padding: Padding, axes: int) -> list[int]:
    """The padding along each axis where that does not depend on its extent."""
    return [0] * axes if isinstance(padding, str) else [sum(pair) for pair in padding]


def least_extents(padding: Padding, window: Numbers, dilation: Numbers) -> Numbers:
    """The least extents, at least 1, that one window fits."""
    if padding == "SAME":
        return ones(window)
    amounts = _amounts(padding, len(window))
    return tuple(max(1, spanned - more) for spanned, more in zip(spans(window, dilation), amounts, strict=True))


def fits_nothing(padding: Padding, axis: int, window: Numbers, dilation: Numbers) -> bool:
    """Whether an extent of 0 on spatial ``axis`` is valid."""
    if isinstance(padding, str):
        return padding == "SAME"
    return sum(padding[axis]) >= span(window[axis], dilation[axis])


def output_extents(
    extents: Sequence[int], window: Numbers, stride: Numbers, dilation: Numbers, padding: Padding
) -> Numbers:
    """The number of windows along each axis."""
    if padding == "SAME":
        return tuple(-(-n // s) for n, s in zip(extents, stride, strict=True))
    each = zip(extents, _amounts(padding, len(window)), spans(window, dilation), stride, strict=True)
    return tuple((n + more - spanned) // s + 1 for n, more, spanned, s in each)


def conv_answer(case: Case) -> Numbers:
    """The shape of a convolution's answer, in its layout."""
    x, w = case.tensors[0].shape, case.tensors[1].shape
    return answer_shape(x, w[:-2], case.attributes["dilation"], case.attributes, w[-1])


def pool_answer(case: Case) -> Numbers:
    """The shape of a pool's answer, in its layout."""
    x, window = case.tensors[0].shape, case.attributes["window"]
    dilation = case.attributes.get("dilation", ones(window))
    channels = tables.extents_of(x, case.attributes["layout"])[-1]
    return answer_shape(x, window, dilation, case.attributes, channels)


def answer_shape(
    x: Numbers, window: Numbers, dilation: Numbers, attributes: Mapping[str, Any], channels: int
) -> Numbers:
    """The shape of the answer of windows over ``x`` with ``channels``, in the layout that attributes name."""
    batch, *extents, _ = tables.extents_of(x, attributes["layout"])
    made = output_extents(extents, window, attributes["stride"], dilation, attributes["padding"])
    return tables.laid_out((batch, *made, channels), attributes["layout"])


def narrowed(window: Numbers, limit: int) -> Numbers:
    """``window`` with its longest side shortened, the last of equals, until it has at most ``limit`` positions."""
    sides = list(window)
    while math.prod(sides) > limit:
        longest = max(range(len(sides)), key=lambda axis: (sides[axis], axis))
        sides[longest] -= 1
    return tuple(sides)
