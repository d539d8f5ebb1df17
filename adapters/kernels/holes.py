"""Where oneDNN's bfloat16 AMX convolution ends the process: its windows miss the image altogether. NumPy only.

A dilated filter may straddle an image of few rows, so that every tap of every window lies in the padding. Tested with
TensorFlow 2.21 on 465 such geometries, each in a process of its own: it predicts the 146 that crashed, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import output_extent, pad_amounts, spatial_axes
from opassay.adapters.kernels.predicates import attributes_of
from opassay.adapters.kernels.strided import convolutions
from opassay.adapters.onednn import ONE_DNN
from opassay.harness.model.case import Case

REASON = "oneDNN's bfloat16 convolution on AMX ends the process (SIGSEGV) where no window reads a row of the image"
NEEDS = ("onednn_dtypes=bfloat16", "instructions=amx_bf16")
OPS = (
    ("conv2d", "value"),
    ("conv2d", "gradient"),
    ("conv2d_transpose", "value"),
    ("conv2d_transpose", "gradient"),
    ("conv2d_input_gradient_law", "value"),
)
"""Ops and aspects that convolve bfloat16 with dilation."""

_FEW = 4
"""Output positions up to which another kernel is used."""


def straddled(case: Case) -> bool:
    """Whether some convolution of the case meets the conditions.

    In a gradient, explicit padding is an op of its own, and so part of the image. A strided transpose uses another
    kernel.
    """
    if case.tensors[0].dtype != "bfloat16":
        return False
    forward = case.op == "conv2d" and case.aspect != "gradient"
    return any(
        _straddled(case, *found) for found in convolutions(case) if forward or isinstance(found[2]["padding"], str)
    )


def straddled_in_keras(case: Case) -> bool:
    """The same where explicit padding is always an op of its own, and only transposes are oneDNN's."""
    how = attributes_of(case)
    steps = case.aspect != "gradient" and max(how["stride"]) > 1
    return isinstance(how["padding"], str) and not steps and straddled(case)


def _straddled(case: Case, image: Sequence[int], kernel: Sequence[int], how: Mapping[str, Any]) -> bool:
    if how["layout"] != "NHWC" or 0 in (*image, *kernel) or _depthwise(kernel, how["groups"]):
        return False
    if case.op == "conv2d_transpose" and case.aspect != "gradient" and max(how["stride"]) > 1:
        return False
    extents, stride, dilation = image[1:3], how["stride"], how["dilation"]
    pads = pad_amounts(extents, kernel[:2], stride, dilation, how["padding"])
    sizes = zip(extents, pads, kernel[:2], stride, dilation, strict=True)
    rows, columns = (output_extent(n + sum(pad), k, s, d) for n, pad, k, s, d in sizes)
    if columns < 2 or rows * columns <= _FEW:
        return False
    places = [row * stride[0] - pads[0][0] + tap * dilation[0] for row in range(rows) for tap in range(kernel[0])]
    reads = any(0 <= place < image[1] for place in places)
    # Padding of less than the filter's taps, counted without dilation, is correct.
    return not reads and max(-min(places), max(places) - image[1] + 1) >= kernel[0]


def _depthwise(kernel: Sequence[int], groups: int) -> bool:
    return groups > 1 and kernel[2] == 1 and kernel[3] == groups


UNREAD = "oneDNN's dilated convolution ends the process (SIGSEGV) where no window reads a column of the image"


def reads_no_column(case: Case) -> bool:
    """A dilation along columns, and padding that holds every tap of every window, whatever the image's height.

    Of 96 geometries of torch 2.13 in float16 whose image has one column these 12 crashed, and no others.
    """
    return case.tensors[0].dtype in ONE_DNN and any(_no_column(*found) for found in convolutions(case))


def _no_column(image: Sequence[int], kernel: Sequence[int], how: Mapping[str, Any]) -> bool:
    if 0 in (*image, *kernel) or how["dilation"][1] == 1:
        return False
    extent, pads = image[spatial_axes(how["layout"])[1]], how["padding"]
    before, after = (0, 0) if isinstance(pads, str) else pads[1]
    stride, dilation = how["stride"][1], how["dilation"][1]
    columns = output_extent(extent + before + after, kernel[1], stride, dilation)
    places = [column * stride - before + tap * dilation for column in range(columns) for tap in range(kernel[1])]
    return columns > 0 and not any(0 <= place < extent for place in places)
