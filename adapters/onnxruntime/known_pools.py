"""Where onnxruntime's pools place their windows differently: other shapes, or a crash. Does not import onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.adapters.geometry import channel_axis, effective, pad_amounts, spatial_axes
from opassay.harness.model.case import Case

BLOCK = 8
"""Channels that the blocked kernel computes at once."""


def by_blocks(case: Case, block: int) -> bool:
    """How many channels at once the optimiser lets the blocked kernel compute; 0: the kernel is not used."""
    tensor = case.tensors[0]
    channels = tensor.shape[channel_axis(case.attributes["layout"])]
    several = case.op != "max_pool2d_with_argmax" and tensor.dtype == "float32"
    return bool(block) and several and channels % block == 0


def _extents(case: Case) -> list[int]:
    return [case.tensors[0].shape[axis] for axis in spatial_axes(case.attributes["layout"])]


def _dilation(case: Case) -> Sequence[int]:
    found: Sequence[int] = case.attributes.get("dilation", (1,) * len(_extents(case)))
    return found


def shrinks(case: Case) -> bool:
    """SAME with another number of windows."""
    return _same(case) and _counts(case) != [
        -(-n // s) for n, s in zip(_extents(case), case.attributes["stride"], strict=True)
    ]


def no_row(case: Case) -> bool:
    """There is no row of windows, where a kernel may compute channels in blocks."""
    if case.rule not in ("", "WindowLargerThanInput") or not by_blocks(case, BLOCK):
        return False
    return _counts(case)[0] == 0 and (bool(case.rule) or shrinks(case))


def none_below_zero(case: Case) -> bool:
    """Its number of windows, by truncating division, is negative on no axis: that would be refused."""
    return min(_counts(case)) >= 0


def _same(case: Case) -> bool:
    return not case.rule and case.attributes["padding"] == "SAME" and 0 not in case.tensors[0].shape[1:]


def _totals(case: Case) -> list[int]:
    """The padding of both ends together, by axis: with SAME as if the window were not dilated."""
    a = case.attributes
    if a["padding"] != "SAME":
        pads = pad_amounts(_extents(case), a["window"], a["stride"], _dilation(case), a["padding"])
        return [sum(pair) for pair in pads]
    return [(-(-n // s) - 1) * s + k - n for n, k, s in zip(_extents(case), a["window"], a["stride"], strict=True)]


def _counts(case: Case) -> list[int]:
    """Windows by axis, by C++'s division, which truncates."""
    a = case.attributes
    sizes = zip(_extents(case), _totals(case), a["window"], a["stride"], _dilation(case), strict=True)
    return [int((n + total - effective(k, d)) / s) + 1 for n, total, k, s, d in sizes]
