"""Answers of Paddle for empty images, filters, products and updates. Does not import Paddle."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opassay.adapters.geometry import spatial_axes
from opassay.adapters.kernels.predicates import attributes_of
from opassay.harness.model.case import Case
from opassay.harness.model.dtypes import is_float


def depthwise(case: Case) -> bool:
    """As many groups as input channels, and more than one: a kernel of its own, without a second gradient."""
    return bool(attributes_of(case)["groups"] > 1 and case.tensors[1].shape[2] == 1)


def no_filters(case: Case) -> bool:
    """A convolution without output channels."""
    return case.tensors[1].shape[3] == 0


def no_channels(case: Case) -> bool:
    """Images without channels."""
    return case.tensors[1].shape[2] == 0


def row_of_nothing(case: Case) -> bool:
    """SAME of an extent of 0 with a stride larger than the filter, which gives one row of zeros."""
    how, (x, w) = case.attributes, case.tensors
    sizes = zip(spatial_axes(how["layout"]), w.shape[:2], how["stride"], strict=True)
    return how["padding"] == "SAME" and any(x.shape[axis] == 0 and k < s for axis, k, s in sizes)


def no_image(case: Case) -> bool:
    """Empty images, except those without channels in NCHW; not depthwise."""
    spared = no_channels(case) and attributes_of(case)["layout"] == "NCHW"
    return 0 in case.tensors[0].shape and not spared and not depthwise(case)


def no_room(case: Case) -> bool:
    """A transposed convolution in NHWC from a non-empty image to one without rows or columns."""
    how = case.attributes
    extents = [how["output_shape"][axis] for axis in spatial_axes(how["layout"])]
    return 0 in extents and how["layout"] == "NHWC" and 0 not in case.tensors[0].shape


def no_extent(case: Case) -> bool:
    """Images without rows or columns, or in NHWC without channels."""
    return 0 in case.tensors[0].shape[1 if case.attributes["layout"] == "NHWC" else 2 :]


def updates_misplaced(case: Case) -> bool:
    """Scatters without indices, whose updates change the shape of the zeros or cannot be added."""
    (indices, updates), shape = case.tensors, tuple(case.attributes["shape"])
    summed = _broadcast(updates.shape, shape)
    if case.aspect == "gradient":
        return 0 in indices.shape and summed is None and is_float(updates.dtype)
    return 0 in indices.shape and summed != shape


def _broadcast(*shapes: Sequence[int]) -> Sequence[int] | None:
    try:
        return np.broadcast_shapes(*shapes)  # type: ignore[arg-type]
    except ValueError:
        return None


def sum_of_nothing(case: Case) -> bool:
    """Products by one matrix over an empty axis, in the forward pass or the gradient of their first operand."""
    a, b, _ = (tensor.shape for tensor in case.tensors)
    return len(b) == 2 and 0 not in a[:-1] and 0 in (a[-1], b[-1])


def products_of_nothing(case: Case) -> bool:
    """Products of several matrices with an empty operand or answer, unless both are broadcast.

    Agrees with 19 of 19 pairs of shapes, each tested twice alone.
    """
    a, b, dy = (tensor.shape for tensor in case.tensors)
    several = math.prod(dy[:-2])
    whole = several in (math.prod(a[:-2]), math.prod(b[:-2]))
    return len(b) > 2 and several > 0 and whole and 0 in (a[-2], a[-1], b[-1])
