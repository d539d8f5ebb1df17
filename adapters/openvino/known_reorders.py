"""bfloat16 images that crash OpenVINO, where the processor lacks bfloat16 instructions. Does not import OpenVINO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import channel_axis, output_extent, pad_amounts, spatial_axes
from opassay.adapters.kernels.predicates import of_images
from opassay.harness.model.case import Case

REASON = "an answer of 8 pixels and a multiple of 8 channels is put in order by a kernel that needs AVX-512 (SIGSEGV)"
PAGE = (
    "https://github.com/openvinotoolkit/openvino/pull/37550",
    "[CPU] Fix jit_uni_reorder bf16 nullptr deref on AVX2-only ISA",
)

_BLOCK = 8
"""Rows and columns that the kernel transposes at once: pixels, and contiguous channels."""


def dies(case: Case) -> bool:
    """conv2d, its transpose, a pool, or a stage of a program of these, returns such an image."""
    if case.tensors[0].dtype != "bfloat16" or case.rule:
        return False
    if not of_images(case):
        return False
    return any(layout == "NCHW" and h * w == _BLOCK and c and c % _BLOCK == 0 for layout, h, w, c in _answers(case))


def _answers(case: Case) -> Iterator[tuple[str, int, int, int]]:
    """Layout, rows, columns and channels of each answer."""
    stages: Sequence[Mapping[str, Any]] = case.attributes.get(
        "stages", ({"op": case.op, "attributes": case.attributes},)
    )
    layout = stages[0]["attributes"]["layout"]
    image, filters = _extents(case.tensors[0].shape, layout), iter(case.tensors[1:])
    for stage in stages:
        how = stage.get("attributes", {})
        if stage["op"] == "conv2d":
            kernel = next(filters).shape
            image = (*_after(image, kernel[:2], how), kernel[3])
        elif stage["op"] == "conv2d_transpose":
            image = _extents(how["output_shape"], layout)
        elif "window" in how:
            image = (*_after(image, how["window"], how), image[2])
        yield layout, *image


def _extents(shape: Sequence[int], layout: str) -> tuple[int, int, int]:
    rows, columns = (shape[axis] for axis in spatial_axes(layout))
    return rows, columns, shape[channel_axis(layout)]


def _after(image: Sequence[int], window: Sequence[int], how: Mapping[str, Any]) -> tuple[int, int]:
    stride, dilation = how["stride"], how.get("dilation", (1, 1))
    pads = pad_amounts(image[:2], window, stride, dilation, how["padding"])
    sizes = zip(image[:2], window, stride, dilation, pads, strict=True)
    rows, columns = (output_extent(n + sum(pad), k, s, d) for n, k, s, d, pad in sizes)
    return rows, columns
