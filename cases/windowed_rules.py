"""How the contract of windows as in layers of models is broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opassay.cases.signatures.arranged_rules import but, first_of, longer, shaped_as
from opassay.cases.signatures.rules import More
from opassay.cases.windows import span
from opassay.harness.model.case import Case

Inputs = Sequence[np.ndarray]
NO_PADDING = ((0, 0), (0, 0))


def heights(shape: Sequence[int], layout: str) -> tuple[int, int]:
    """The height and the width of an image that may lack a batch."""
    height, width = shape[-3:-1] if layout.endswith("C") else shape[-2:]
    return height, width


def _fits(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
    """Whether a window fits the padded image along each axis."""
    padding, dilation = attributes["padding"], attributes.get("dilation", (1, 1))
    if isinstance(padding, str) and padding != "VALID":
        return True
    pads = NO_PADDING if padding == "VALID" else padding
    image = heights(inputs[0].shape, attributes["layout"])
    sizes = zip(image, attributes["window"], dilation, pads, strict=True)
    return all(span(k, d) <= n + sum(pair) for n, k, d, pair in sizes)


def _wider_window(case: Case) -> Case:
    """By more than a stride, so that rounding up adds no window."""
    a = case.attributes
    height = heights(case.tensors[0].shape, a["layout"])[0]
    return but(case, window=first_of(a["window"], height + a["stride"][0] + 1), padding=NO_PADDING)


def _zero(name: str) -> More:
    """The first entry of the attribute ``name`` is 0."""
    return More(
        f"{name.capitalize()}Zero",
        f"{name} is at least 1",
        lambda a, xs: min(a[name]) >= 1,
        lambda case: but(case, **{name: first_of(case.attributes[name], 0)}),
    )


STRIDE, DILATION = _zero("stride"), _zero("dilation")
NEGATIVE_PADDING = More(
    "PadNegative",
    "explicit padding is at least 0",
    lambda a, xs: isinstance(a["padding"], str) or min(map(min, a["padding"])) >= 0,
    lambda case: but(case, padding=((-1, -1), (0, 0))),
)
WINDOW_FITS = More("WindowLargerThanInput", "the window fits the padded image", _fits, _wider_window)
GROUPS = More(
    "GroupsZero",
    "groups are at least 1",
    lambda a, xs: a["groups"] >= 1,
    lambda case: but(case, groups=0),
)


def channels(position: int) -> More:
    """The channels of x match the filter's axis: its third, or its last for a transpose."""

    def holds(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
        x, weight = inputs[:2]
        given = x.shape[-1] if attributes["layout"].endswith("C") else x.shape[-3]
        groups = attributes.get("groups", 1)
        return bool(groups < 1 or given == weight.shape[position] * (groups if position == 2 else 1))

    return More(
        "ChannelMismatch",
        "the filter has the channels of x, by group",
        holds,
        lambda case: longer(case, 1, position, max(case.attributes.get("groups", 1), 1)),
    )


def bias(axis: int) -> More:
    """The bias has a number for each channel of the answer: those of an axis of the filter, times groups."""

    def holds(attributes: Mapping[str, Any], inputs: Inputs) -> bool:
        by = attributes["groups"] if axis == 2 else 1
        return bool(len(inputs[2]) == inputs[1].shape[axis] * by)

    return More("BiasLength", "the bias has a number per channel of the answer", holds, lambda c: longer(c, 2, 0))


OUTPUT_PADDING = More(
    "OutputPaddingTooLarge",
    "output_padding is below the stride or the dilation",
    lambda a, xs: all(0 <= n < max(s, d) for n, s, d in zip(*_steps(a), strict=True)),
    lambda case: but(case, output_padding=first_of(case.attributes["output_padding"], _most(case.attributes))),
)


def _steps(attributes: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return attributes["output_padding"], attributes["stride"], attributes["dilation"]


def _most(attributes: Mapping[str, Any]) -> int:
    return int(max(attributes["stride"][0], attributes["dilation"][0]))


SIZE = More(
    "SizeNegative",
    "size is at least 1",
    lambda a, xs: min(a["size"]) >= 1,
    lambda case: but(case, size=first_of(case.attributes["size"], -1)),
)
NO_IMAGE = More(
    "RankTwo",
    "x is an image",
    lambda a, xs: xs[0].ndim > 2,
    lambda case: shaped_as(case, 0, case.tensors[0].shape[-2:]),
)
DIVISOR = More(
    "DivisorZero",
    "divisor is not 0",
    lambda a, xs: a["divisor"] is False or a["divisor"] != 0,
    lambda case: but(case, divisor=0),
)
