"""Transposed convolutions for frameworks with pads and output padding in place of output extents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from opassay.adapters.geometry import Padding, effective, pad_amounts, spatial_axes, unknown


class Place(NamedTuple):
    """Pads of the convolution whose transpose it is, and rows and columns at the end that no window reaches."""

    pads: tuple[tuple[int, int], ...]
    surplus: list[int]


def place(
    shape: Sequence[int],
    kernel: Sequence[int],
    output_shape: Sequence[int],
    stride: Sequence[int],
    padding: Padding,
    dilation: Sequence[int],
    layout: str,
) -> Place | None:
    """None if there is none: an unknown padding word, or another rank than the layout's."""
    if unknown(padding) or {len(shape), len(kernel), len(output_shape)} != {len(layout)}:
        return None
    axes = spatial_axes(layout)
    pads = pad_amounts([output_shape[axis] for axis in axes], kernel[:-2], stride, dilation, padding)
    surplus = [
        output_shape[axis] + low + high - (shape[axis] - 1) * s - effective(k, d)
        for axis, k, s, d, (low, high) in zip(axes, kernel, stride, dilation, pads, strict=False)
    ]
    return Place(pads, surplus)
