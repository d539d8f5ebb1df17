"""The ways to break the contract of the pools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opassay.cases.rules import (
    NAMES,
    Breach,
    breach,
    named_extents,
    negative,
    negative_pad,
    rank_three,
    too_much_padding,
    unknown_padding,
    with_entry,
    with_extents,
    zero,
)
from opassay.cases.windows import span
from opassay.harness.model.case import Case


def pool_breaches(valid: Callable[..., Any], dilated: bool) -> tuple[Breach, ...]:
    """``valid`` makes a draw of small valid geometries; it takes ``paddings``. ``dilated``: the op has dilation."""

    def unpadded() -> Any:
        return valid(paddings=("VALID",))

    return (
        breach(
            "WindowLargerThanInput",
            "the effective window fits the padded input",
            unpadded,
            _one_row_less,
            prepare=_just_fitting,
        ),
        zero("stride", valid),
        negative("stride", valid),
        zero("window", valid),
        negative("window", valid),
        *((zero("dilation", valid), negative("dilation", valid)) if dilated else ()),
        negative_pad(unpadded),
        unknown_padding(lambda: valid(paddings=("VALID", "SAME"))),
        *too_much_padding(unpadded, _span),
        rank_three(valid),
    )


def _span(case: Case, axis: int) -> int:
    dilation = case.attributes.get("dilation", (1, 1))
    return span(case.attributes["window"][axis], dilation[axis])


def _just_fitting(case: Case, axis: int) -> Case:
    case = with_entry(case, "window", axis, max(2, case.attributes["window"][axis]))
    return with_extents(case, 0, **{NAMES[axis]: _span(case, axis)})


def _one_row_less(case: Case, axis: int) -> Case:
    extent = named_extents(case.tensors[0].shape, case.attributes["layout"])[NAMES[axis]]
    return with_extents(case, 0, **{NAMES[axis]: extent - 1})
