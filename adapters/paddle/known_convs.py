"""Paddle's convolutions with SAME, for which it takes every dilation for 1. Free of Paddle."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from opassay.adapters.geometry import spatial_axes
from opassay.adapters.known_linear import correlate, filters, spread
from opassay.adapters.known_predicates import Predicate, attributes_of
from opassay.adapters.known_windows import to_nhwc
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case


def undilated(verdict: str) -> Predicate:
    """The answer without the dilation is another one, which shows by this verdict under the case's fill."""
    return lambda case: _ignored(case) and shows(case) == verdict and _differs(case)


def depthwise(case: Case) -> bool:
    """As many groups as input channels, and more than one: a kernel of its own, without a second gradient."""
    how = attributes_of(case)
    return bool(how["groups"] > 1 and case.tensors[1].shape[2] == 1)


def no_filters(case: Case) -> bool:
    """A convolution that makes no channels."""
    return case.tensors[1].shape[3] == 0 and not case.rule


def no_channels(case: Case) -> bool:
    """Images without channels."""
    return case.tensors[1].shape[2] == 0 and not case.rule


def rows_of_nothing(case: Case) -> bool:
    """SAME of an extent of 0 under a stride wider than the filter, which gives one row of zeros."""
    how, (x, w) = attributes_of(case), case.tensors[:2]
    sizes = zip(spatial_axes(how["layout"]), w.shape[:2], how["stride"], strict=True)
    return how["padding"] == "SAME" and not case.rule and any(x.shape[axis] == 0 and k < s for axis, k, s in sizes)


def no_image(case: Case) -> bool:
    """Images without elements, but for those that have no channels in NCHW; not depthwise."""
    spared = no_channels(case) and attributes_of(case)["layout"] == "NCHW"
    return 0 in case.tensors[0].shape and not spared and not depthwise(case)


def no_room(case: Case) -> bool:
    """A transposed convolution in NHWC of some image into one without rows or columns."""
    how = case.attributes
    extents = [how["output_shape"][axis] for axis in spatial_axes(how["layout"])]
    return 0 in extents and how["layout"] == "NHWC" and 0 not in case.tensors[0].shape and not case.rule


def no_extent(case: Case) -> bool:
    """Images without rows or columns, or in NHWC without channels."""
    shape = case.tensors[0].shape
    return not case.rule and 0 in shape[1 if attributes_of(case)["layout"] == "NHWC" else 2 :]


def shows(case: Case) -> str:
    """The verdict on a wrong answer, by the fills of the case."""
    kinds = {tensor.fill.kind for tensor in case.all_tensors}
    if "special" in kinds:
        return "special"
    return "structural" if all(tensor.fill.exact for tensor in case.all_tensors) else "numeric"


def _ignored(case: Case) -> bool:
    how = attributes_of(case)
    kernel = case.tensors[1].shape[:2]
    dilated = any(d > 1 and k > 1 for d, k in zip(how["dilation"], kernel, strict=True))
    return dilated and how["padding"] == "SAME" and all(0 not in tensor.shape for tensor in case.tensors)


@lru_cache(maxsize=16)
def _differs(case: Case) -> bool:
    how = attributes_of(case)
    with np.errstate(invalid="ignore", over="ignore"):
        expected, got = (_answers(case, {**how, "dilation": dilation}) for dilation in (how["dilation"], (1, 1)))
    return any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(expected, got, strict=True))


def _answers(case: Case, how: Mapping[str, Any]) -> list[np.ndarray]:
    x, w, *rest = (dtypes.widen(tensor.materialize()) for tensor in case.all_tensors)
    x = to_nhwc(x, how["layout"])
    if not rest:
        return [correlate(x, w, how)]
    # Of conv2d_input_gradient_law only the first counts.
    dy = to_nhwc(rest[0], how["layout"])
    first = spread(dy, w, x.shape, how)
    return [first] if case.op == "conv2d_input_gradient_law" else [first, filters(x, dy, w.shape, how)]
