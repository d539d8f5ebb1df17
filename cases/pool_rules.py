"""How the contract of the pools is broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opassay.cases.rules import (
    Breach,
    breach,
    extent_on,
    name_of,
    negative,
    negative_pad,
    rank_three,
    too_much_padding,
    unknown_padding,
    with_entry,
    with_extents,
    zero,
)
from opassay.cases.windows import ones, span
from opassay.harness.model.case import Case


def pool_breaches(valid: Callable[..., Any], dilated: bool, axes: Sequence[int]) -> tuple[Breach, ...]:
    """``valid`` draws small valid geometries; it takes ``paddings``. ``dilated``: the op has dilation."""

    def unpadded() -> Any:
        return valid(paddings=("VALID",))

    return (
        breach(
            "WindowLargerThanInput",
            "the effective window fits the padded input",
            unpadded,
            _one_row_less,
            axes,
            prepare=_just_fitting,
        ),
        zero("stride", valid, axes),
        negative("stride", valid, axes),
        zero("window", valid, axes),
        negative("window", valid, axes),
        *((zero("dilation", valid, axes), negative("dilation", valid, axes)) if dilated else ()),
        negative_pad(unpadded, axes),
        unknown_padding(lambda: valid(paddings=("VALID", "SAME"))),
        *too_much_padding(unpadded, _span, axes),
        rank_three(valid),
    )


def _span(case: Case, axis: int) -> int:
    window = case.attributes["window"]
    return span(window[axis], case.attributes.get("dilation", ones(window))[axis])


def _just_fitting(case: Case, axis: int) -> Case:
    case = with_entry(case, "window", axis, max(2, case.attributes["window"][axis]))
    return with_extents(case, 0, **{name_of(case, axis): _span(case, axis)})


def _one_row_less(case: Case, axis: int) -> Case:
    return with_extents(case, 0, **{name_of(case, axis): extent_on(case, axis) - 1})
