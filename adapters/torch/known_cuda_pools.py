"""Differences of pools by torch's CUDA kernels or Inductor. Does not import torch: the parent process imports this."""

from __future__ import annotations

import math

import numpy as np

from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.kernels.predicates import attributes_of, of_images
from opassay.adapters.kernels.windows import Windows, failure, first_maximum, gradient, last_nan, place, usable, windows
from opassay.adapters.torch.known_strides import channels_last
from opassay.adapters.torch.windows import expressible, extents_of, own_padding, pads_of
from opassay.harness.model.case import Case

_UNROLLED = 8
"""Source: ``unroll_reductions_threshold`` in
https://github.com/pytorch/pytorch/blob/v2.11.0/torch/_inductor/config.py"""


def _own_pool(case: Case, dilation: tuple[int, int]) -> bool:
    """Whether torch's own kernel computes or refuses this pool, rather than the adapter's stack of slices."""
    how, shape = attributes_of(case), case.tensors[0].shape
    extents = [shape[axis] for axis in spatial_axes(how["layout"])]
    window, stride = how["window"], how["stride"]
    pads = pads_of(extents, window, stride, how["padding"], dilation)
    # Where no window exists, torch gets the attributes unchanged.
    own = not expressible(extents, window, stride, dilation, pads)
    return own or own_padding(extents, window, stride, dilation, pads) is not None


def forgets_padding(case: Case) -> bool:
    """The windows that the backward pass visits for some row or column are not those that hold it.

    Source: ``avg_pool2d_backward_out_cuda_frame_nhwc`` in
    https://github.com/pytorch/pytorch/blob/v2.11.0/aten/src/ATen/native/cuda/AveragePool2d.cu
    """
    how, x = attributes_of(case), case.tensors[0]
    extents = [x.shape[axis] for axis in spatial_axes(how["layout"])]
    window, stride = how["window"], how["stride"]
    pads = pads_of(extents, window, stride, how["padding"], (1, 1))
    if 0 in x.shape or not expressible(extents, window, stride, (1, 1), pads):
        return False
    own = own_padding(extents, window, stride, (1, 1), pads)
    if own is None or not channels_last(x, how["layout"]):
        return False
    axes = zip(extents, window, stride, own.padding, own.first, own.kept, strict=True)
    return any(_visited(n, k, s, 0, a, b) != _visited(n, k, s, p, a, b) for n, k, s, p, a, b in axes)


def _visited(extent: int, window: int, stride: int, shift: int, first: int, kept: int) -> list[set[int]]:
    """For each row, shifted by ``shift`` rows, the existing windows that are taken to hold it."""
    asked = range(first, first + kept)
    return [{i for i in asked if i * stride <= row + shift < i * stride + window} for row in range(extent)]


def _lowest(case: Case, seen: Windows) -> np.ndarray:
    """Windows of torch's own channels-last kernel that hold nothing above -inf."""
    if not _own_pool(case, case.attributes["dilation"]) or not channels_last(
        case.tensors[0], case.attributes["layout"]
    ):
        return np.zeros(seen.values.shape[1:], dtype=bool)
    return np.asarray((seen.values == -np.inf).all(axis=0))


def loses_lowest(case: Case) -> bool:
    """The index of such a window is not 0, or its gradient goes elsewhere: the index may lie outside the window."""
    backward = case.aspect == "gradient"
    asked = case.cotangents[0] is not None if backward else case.op == "max_pool2d_with_argmax"
    if not asked or not of_images(case) or not usable(case):
        return False
    seen = windows(case)
    lowest = _lowest(case, seen)
    if backward:
        return bool(lowest.any()) and _sent_elsewhere(case, seen, lowest)
    return bool((lowest & (place(seen, first_maximum(seen)) != 0)).any())


def _sent_elsewhere(case: Case, seen: Windows, lowest: np.ndarray) -> bool:
    first = (seen.places == 0)[:, None, :, :, None]
    tap = np.where(lowest, first.argmax(axis=0), last_nan(seen))
    got = gradient(case, seen, tap, lost=lowest & ~first.any(axis=0))
    return failure(got, gradient(case, seen, first_maximum(seen))) == "numeric"


def single_double(case: Case) -> bool:
    """A channels-last float64 image of one channel whose pool has one element, by torch's own kernel.

    Source: ``max_pool_forward_nhwc`` in
    https://github.com/pytorch/pytorch/blob/v2.11.0/aten/src/ATen/native/cuda/DilatedMaxPool2d.cu
    """
    how, x = case.attributes, case.tensors[0]
    extents = [x.shape[axis] for axis in spatial_axes(how["layout"])]
    window, stride, dilation = how["window"], how["stride"], how["dilation"]
    pads = pads_of(extents, window, stride, how["padding"], dilation)
    if x.dtype != "float64" or x.shape[channel_axis(how["layout"])] != 1 or not channels_last(x, how["layout"]):
        return False
    if not expressible(extents, window, stride, dilation, pads):
        return False
    own = own_padding(extents, window, stride, dilation, pads) is not None
    return own and extents_of(extents, window, stride, dilation, pads) == (1, 1)


def reduced_then_gathered(case: Case) -> bool:
    """A pool that the adapter composes, of windows that Inductor reduces in a loop instead of unrolling."""
    window = case.attributes["window"]
    return math.prod(window) > _UNROLLED and not _own_pool(case, case.attributes["dilation"])
