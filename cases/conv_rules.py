"""How the contract of convolutions and their transposes is broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opassay.cases.rules import (
    HUGE,
    Breach,
    below,
    breach,
    cropping,
    extent_on,
    image_with,
    name_of,
    named_extents,
    negative,
    negative_pad,
    pads_on,
    put,
    rank_three,
    two_dtypes,
    unknown_padding,
    with_attributes,
    with_entry,
    with_extents,
    with_shape,
    zero,
)
from opassay.cases.spatial import SPATIAL
from opassay.cases.windows import span
from opassay.harness.model.case import Case

Valid = Callable[..., Any]
GROUPS = (2, 3)
WORDS = ("VALID", "SAME")


def conv_breaches(valid: Valid, axes: Sequence[int]) -> tuple[Breach, ...]:
    """``valid`` draws small valid geometries; it takes ``paddings``."""

    def unpadded() -> Any:
        return valid(paddings=("VALID",))

    return (
        breach("ChannelMismatch", "channels of x = groups · channels of the filter", valid, _wider_filter),
        breach("GroupsDoNotDivide", "groups divide both channel counts", valid, _one_output_more, GROUPS, _grouped),
        breach(
            "GroupsZero", "groups are at least 1", valid, lambda c, groups: with_attributes(c, groups=groups), (0, -1)
        ),
        zero("stride", valid, axes),
        negative("stride", valid, axes),
        zero("dilation", valid, axes),
        negative("dilation", valid, axes),
        breach(
            "WindowLargerThanInput",
            "the effective window fits the padded input",
            unpadded,
            _one_row_less,
            tuple((axis, pad) for axis in axes for pad in (0, 1)),
            _just_fitting,
        ),
        negative_pad(unpadded, axes),
        unknown_padding(lambda: valid(paddings=WORDS)),
        breach(
            "PadOverflow",
            "explicit padding is less than 2**31",
            unpadded,
            lambda c, at: with_attributes(c, padding=pads_on(c, at[0], *at[1])),
            tuple((axis, pads) for axis in axes for amount in HUGE for pads in ((amount, 0), (0, amount))),
        ),
        rank_three(valid),
        rank_three(valid, 1, "FilterRankThree"),
        breach("FilterZero", "the filter's extents are at least 1", valid, _no_filter, axes),
        two_dtypes(valid),
    )


def _wider_filter(case: Case, _: Any) -> Case:
    *kernel, inputs, outputs = case.tensors[1].shape
    return with_shape(case, 1, (*kernel, inputs + 1, outputs))


def _grouped(case: Case, groups: int) -> Case:
    *kernel, inputs, outputs = case.tensors[1].shape
    case = with_extents(with_attributes(case, groups=groups), 0, channels=groups * inputs)
    return with_shape(case, 1, (*kernel, inputs, groups * outputs))


def _one_output_more(case: Case, _: Any) -> Case:
    *kernel, inputs, outputs = case.tensors[1].shape
    return with_shape(case, 1, (*kernel, inputs, outputs + 1))


def _just_fitting(case: Case, choice: tuple[int, int]) -> Case:
    axis, pad = choice
    kernel = list(case.tensors[1].shape)
    kernel[axis] = max(kernel[axis], 3)
    extent = span(kernel[axis], case.attributes["dilation"][axis]) - pad
    case = with_extents(with_shape(case, 1, kernel), 0, **{name_of(case, axis): extent})
    return with_attributes(case, padding=pads_on(case, axis, pad, 0)) if pad else case


def _one_row_less(case: Case, choice: tuple[int, int]) -> Case:
    axis = choice[0]
    return with_extents(case, 0, **{name_of(case, axis): extent_on(case, axis) - 1})


def _no_filter(case: Case, axis: int) -> Case:
    return with_shape(case, 1, put(case.tensors[1].shape, axis, 0))


def transpose_breaches(valid: Valid, axes: Sequence[int]) -> tuple[Breach, ...]:
    """``valid`` draws small valid geometries; it takes ``paddings``."""

    def by_word() -> Any:
        return valid(paddings=WORDS)

    def unpadded() -> Any:
        return valid(paddings=("VALID",))

    def by_explicit() -> Any:
        return valid(paddings=[p for p in SPATIAL[len(axes)].paddings if not isinstance(p, str)])

    fits = "conv2d of output_shape gives x's shape"
    return (
        breach("OutputTooSmall", fits, by_word, lambda c, axis: _output(c, axis, _least(c, axis) - 1), axes),
        breach(
            "OutputTooLarge", fits, by_word, lambda c, axis: _output(c, axis, _least(c, axis) + _stride(c, axis)), axes
        ),
        breach("OutputNegative", "extents are at least 0", valid, lambda c, axis: _output(c, axis, -1), axes),
        breach("OutputBatch", "output_shape has x's batch", valid, lambda c, _: _one_more(c, "batch")),
        breach(
            "OutputChannels", "output_shape has the filter's channels", valid, lambda c, _: _one_more(c, "channels")
        ),
        breach("OutputRankThree", "output_shape has an extent for each axis", valid, lambda c, _: _output_rank(c)),
        breach(
            "OutputOverflow",
            fits,
            by_word,
            lambda c, choice: _output(c, *choice),
            tuple((axis, extent) for axis in axes for extent in HUGE),
        ),
        zero("stride", valid, axes),
        negative("stride", valid, axes),
        zero("dilation", valid, axes),
        negative("dilation", valid, axes),
        breach(
            "GroupsZero", "groups are at least 1", valid, lambda c, groups: with_attributes(c, groups=groups), (0, -1)
        ),
        breach("PadNegative", "explicit padding is at least 0", by_explicit, _below_zero, below(axes)),
        unknown_padding(by_word),
        rank_three(valid),
        rank_three(valid, 1, "FilterRankThree"),
        two_dtypes(valid),
        breach("ChannelMismatch", "channels of x = last extent of the filter", valid, _more_filters),
    )


def _stride(case: Case, axis: int) -> int:
    return int(case.attributes["stride"][axis])


def _least(case: Case, axis: int) -> int:
    """The smallest extent for which conv2d gives that of x."""
    attributes = case.attributes
    extent = extent_on(case, axis)
    last = 1 if attributes["padding"] == "SAME" else span(case.tensors[1].shape[axis], attributes["dilation"][axis])
    return (extent - 1) * _stride(case, axis) + last


def _output(case: Case, axis: int, extent: int) -> Case:
    return _output_with(case, **{name_of(case, axis): extent})


def _one_more(case: Case, name: str) -> Case:
    extents = named_extents(case.attributes["output_shape"], case.attributes["layout"])
    return _output_with(case, **{name: extents[name] + 1})


def _output_with(case: Case, **changes: int) -> Case:
    shape = image_with(case.attributes["output_shape"], case.attributes["layout"], **changes)
    return with_attributes(case, output_shape=shape)


def _output_rank(case: Case) -> Case:
    return with_attributes(case, output_shape=case.attributes["output_shape"][1:])


def _below_zero(case: Case, choice: tuple[int, tuple[int, int], int]) -> Case:
    pads = case.attributes["padding"][choice[0]]
    cropped = cropping(choice, extent_on(case, choice[0]))
    return with_entry(case, "padding", choice[0], tuple(new or old for new, old in zip(cropped, pads, strict=True)))


def _more_filters(case: Case, _: Any) -> Case:
    *kernel, inputs, outputs = case.tensors[1].shape
    return with_shape(case, 1, (*kernel, inputs, outputs + case.attributes["groups"]))
