"""Where oneDNN's convolution of one channel to a single column returns uninitialized memory. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import output_extent, pad_amounts, spatial_axes
from opassay.adapters.kernels.strided import convolutions
from opassay.harness.model.case import Case

REASON = "a float32 convolution of one channel, strided to a single column, leaves part of its answer to chance"
AMX_REASON = "a bfloat16 convolution by AMX, strided to a single column, leaves most of its answer to chance"
AMX_NEEDS = ("instructions=amx_bf16",)
CHANCE = "what lies in memory before the answer is written there"

_FEW = 4
"""Output positions up to which another kernel is used."""


def single_column(case: Case) -> bool:
    """An image of one channel whose convolution strides over columns, and gives one column of several rows.

    In NHWC only where TensorFlow differentiates. The answer differs from run to run, and is correct by chance.
    """
    return case.tensors[0].dtype == "float32" and any(_single(case, *found) for found in convolutions(case))


def single_column_by_amx(case: Case) -> bool:
    """A filter of several columns that strides over columns, and gives one column of more rows than ``_FEW``.

    Of 432 geometries of TensorFlow 2.21 and 1,296 of torch 2.13 these were wrong, and no others. The filter's gradient
    is wrong in some of them.
    """
    return case.tensors[0].dtype == "bfloat16" and any(_single_by_amx(*found) for found in convolutions(case))


def _single_by_amx(image: Sequence[int], kernel: Sequence[int], how: Mapping[str, Any]) -> bool:
    if 0 in (*image, *kernel) or how["stride"][1] == 1 or kernel[1] == 1:
        return False
    rows, columns = _made(image, kernel, how)
    return columns == 1 and rows > _FEW


def _single(case: Case, image: Sequence[int], kernel: Sequence[int], how: Mapping[str, Any]) -> bool:
    rows, columns = spatial_axes(how["layout"])
    if 0 in image or image[6 - rows - columns] != 1 or how["groups"] != 1 or how["stride"][1] == 1:
        return False
    made = _made(image, kernel, how)
    return made[1] == 1 and made[0] > 1 and (how["layout"] == "NCHW" or case.aspect == "gradient")


def _made(image: Sequence[int], kernel: Sequence[int], how: Mapping[str, Any]) -> tuple[int, ...]:
    """Rows and columns of the answer."""
    extents = [image[axis] for axis in spatial_axes(how["layout"])]
    pads = pad_amounts(extents, kernel[:2], how["stride"], how["dilation"], how["padding"])
    sizes = zip(extents, pads, kernel[:2], how["stride"], how["dilation"], strict=True)
    return tuple(output_extent(n + sum(pad), k, s, d) for n, pad, k, s, d in sizes)
