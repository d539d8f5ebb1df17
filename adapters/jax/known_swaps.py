"""Where XLA swaps image and filter of a convolution, which ends the process. Does not import JAX.

A convolution whose filter is larger than its image is cheaper with the two swapped. XLA's pass leaves an axis as it is
if it looks like one of groups: the image is dilated by the filter's extent, the stride is one less than that, there is
no padding, and the filter is not reversed. A transposed convolution by 2 with a filter of 2 looks the same; its image
need not have that extent, which the pass does not check. The swapped convolution then has another shape, and a check
fails.

Source: SwapConvOperands of XLA's algebraic simplifier; tested with 300 geometries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from opassay.adapters.geometry import pad_amounts, spatial_axes
from opassay.harness.model.case import Case


class _Axis(NamedTuple):
    """One axis of a strided convolution's transpose: extents of image and filter, and the padding of the image."""

    image: int
    kernel: int
    stride: int
    dilation: int
    low: int
    high: int

    @property
    def group(self) -> bool:
        """Whether XLA takes it for an axis of groups."""
        return self.kernel == self.stride == 2 and self.dilation == 1 and self.low == self.high == 0

    @property
    def contraction(self) -> bool:
        """Whether XLA takes it for a plain product."""
        return self.kernel == self.image and self.stride == self.dilation == 1 and self.low == self.high == 0

    @property
    def cost(self) -> tuple[int, int]:
        """The filter's extent, as it is and swapped, as XLA computes them."""
        if self.group or self.contraction:
            return 1, 1
        all_around = self.low == self.high == self.kernel - 1
        return self.kernel, self.kernel if self.image == 1 and self.dilation == 1 and all_around else self.image


def swapped_groups(case: Case) -> bool:
    """The second derivative of a transposed convolution, whose filter is not reversed, where a swap pays."""
    (x, w), how = case.tensors[:2], case.attributes["stages"][0]["attributes"]
    if how["groups"] != 1 or 0 in x.shape or 0 in w.shape or 0 in how["output_shape"]:
        return False
    rows, columns = _axes(x.shape, w.shape, how)
    as_it_is, swapped = (a * b for a, b in zip(rows.cost, columns.cost, strict=True))
    return as_it_is > swapped and any(axis.group and axis.image != 2 for axis in (rows, columns))


def _axes(x: tuple[int, ...], w: tuple[int, ...], how: Mapping[str, Any]) -> list[_Axis]:
    axes = spatial_axes(how["layout"])
    made = [how["output_shape"][axis] for axis in axes]
    pads = pad_amounts(made, w[:2], how["stride"], how["dilation"], how["padding"])
    found = []
    for axis, n, k, s, d, (before, _) in zip(axes, made, w[:2], how["stride"], how["dilation"], pads, strict=True):
        low = (k - 1) * d - before
        found.append(_Axis(x[axis], k, s, d, low, n - (x[axis] - 1) * s - 1 - low + (k - 1) * d))
    return found
