"""The ways to break the contract of the pools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cases.rules import NAMES, Breach, breach, named_extents, pads_on, with_attributes, with_entry, with_extents
from cases.windows import span
from harness.model.case import Case


def pool_breaches(valid: Callable[..., Any]) -> tuple[Breach, ...]:
    """``valid`` makes a strategy of small valid geometries; it takes ``paddings``."""

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
        breach("StrideZero", "stride is at least 1", valid, lambda case, axis: with_entry(case, "stride", axis, 0)),
        breach("WindowZero", "window is at least 1", valid, lambda case, axis: with_entry(case, "window", axis, 0)),
        breach(
            "PadNotSmallerThanWindow",
            "explicit padding is smaller than the effective window",
            unpadded,
            lambda case, choice: _padded(case, choice, 0),
            tuple((axis, side) for axis in (0, 1) for side in (0, 1)),
            lambda case, choice: _padded(case, choice, 1),
        ),
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


def _padded(case: Case, choice: tuple[int, int], less: int) -> Case:
    axis, side = choice
    pad = _span(case, axis) - less
    return with_attributes(case, padding=pads_on(axis, *((pad, 0) if side == 0 else (0, pad))))
