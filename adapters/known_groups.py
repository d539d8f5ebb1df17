"""Where XLA adds zeros that stand for other groups of a convolution, whose NaN and infinities then show. NumPy only.

On the CPU, XLA makes one dense filter of a float64 convolution with one input channel per group, with zeros where there
is no filter. In the other dtypes the gradient of the filters turns the groups into an axis that is dilated with zeros,
unless its operands are swapped, as they are where that is cheaper; depthwise, or where a group of one operand is one
number, it is no convolution any more. Tried out with JAX 0.10.2 in its three modes, for some 200 geometries.

Source: ConvolutionGroupConverter and SwapConvOperands (algebraic simplifier) of XLA.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from opassay.adapters import known_linear
from opassay.adapters.geometry import pad_amounts
from opassay.adapters.known_predicates import attributes_of
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

REASON = "zeros that stand for the other groups are multiplied with their NaN and infinities"

WHERE = (
    "conv2d",
    "conv2d_transpose",
    "conv2d_input_gradient_law-value",
    "conv2d-gradient",
    "conv2d_transpose-gradient",
)
"""Names of the entries about it: ops, and what is asked of them."""


@lru_cache(maxsize=1024)
def mixed(case: Case) -> bool:
    """Whether an answer of conv2d or its transpose turns NaN by another group; for gradients, one of them.

    JAX's transpose is a convolution of its own kind, whose image and filter are other ones when it is differentiated.
    """
    return _mixed(case, case.op == "conv2d_transpose")


def mixed_in_tensorflow(case: Case) -> bool:
    """The same where the gradient of the transpose's filters is that of the convolution."""
    return _mixed(case, False)


def _mixed(case: Case, transposed: bool) -> bool:
    how, tensors = attributes_of(case), case.all_tensors
    if how["groups"] < 2 or any(0 in t.shape or not dtypes.is_float(t.dtype) for t in tensors):
        return False
    if None in case.cotangents:
        return False
    values = [dtypes.widen(tensor.materialize()) for tensor in tensors]
    odd = [(~np.isfinite(v)).astype(np.float64) for v in values]
    if not any(o.any() for o in odd):
        return False
    turned = known_linear.convolution(
        case, odd, (_by_dense(case), _by_dense_back(case), _by_dilation(case, transposed))
    )
    with np.errstate(invalid="ignore", over="ignore"):
        found = known_linear.answers(case, [known_linear.told(v) for v in values])
        found = [np.where(mask, np.nan, f) for mask, f in zip(turned, found, strict=True)]
    return known_linear.nan_appears(case, values, found)


def _by_dense(case: Case) -> Any:
    def mask(x: np.ndarray, w: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
        own = known_linear.correlate(x, np.ones(w.shape), how)
        if case.tensors[0].dtype != "float64" or w.shape[2] > 1:
            return np.zeros(own.shape, dtype=bool)
        seen = known_linear.correlate(x.sum(axis=3, keepdims=True), np.ones((*w.shape[:2], 1, 1)), {**how, "groups": 1})
        return seen > own

    return mask


def _by_dense_back(case: Case) -> Any:
    def mask(dy: np.ndarray, w: np.ndarray, image: Sequence[int], how: Mapping[str, Any]) -> np.ndarray:
        own = known_linear.spread(dy, np.ones(w.shape), image, how)
        if case.tensors[0].dtype != "float64" or w.shape[3] > how["groups"]:
            return np.zeros(own.shape, dtype=bool)
        ones, total = np.ones((*w.shape[:2], 1, 1)), dy.sum(axis=3, keepdims=True)
        return known_linear.spread(total, ones, (*image[:3], 1), {**how, "groups": 1}) > own

    return mask


def _by_dilation(case: Case, transposed: bool) -> Any:
    """Of the filters' gradient: each is NaN where what it is multiplied with is odd in another group."""

    def mask(x: np.ndarray, dy: np.ndarray, shape: Sequence[int], how: Mapping[str, Any]) -> np.ndarray:
        groups, per = how["groups"], shape[3] // how["groups"]
        found = np.zeros((*shape[:3], groups, per), dtype=bool)
        one_number = 1 in (math.prod(x.shape[:3]) * shape[2], math.prod(dy.shape[:3]) * per, shape[2] * per)
        if case.tensors[0].dtype == "float64" or one_number or _swapped(how, x.shape, dy.shape, shape, transposed):
            return found.reshape(shape)
        operand = (x if transposed else dy).any(axis=(0, 1, 2)).reshape(groups, -1)
        others = operand.sum(axis=0) > operand
        found |= others.T[:, :, None] if transposed else others
        return found.reshape(shape)

    return mask


def _swapped(
    how: Mapping[str, Any], image: Sequence[int], out: Sequence[int], filters: Sequence[int], transposed: bool
) -> bool:
    """Whether XLA takes the filter for the image in the filters' gradient: it counts the positions of both."""
    pads = pad_amounts(image[1:3], filters[:2], how["stride"], how["dilation"], how["padding"])
    as_it_is = other_way = 1
    axes = zip(image[1:3], out[1:3], filters[:2], how["stride"], how["dilation"], pads, strict=True)
    for large, small, k, s, d, (low, _) in axes:
        span = (k - 1) * d
        if transposed:
            taken, kernel, before, widened, spread = small, large, span - low, 1, s
        else:
            taken, kernel, before, widened, spread = large, small, low, s, 1
        after = (kernel - 1) * widened + span - before - (taken - 1) * spread
        surrounded = taken == d == widened == 1 and before == after == kernel - 1
        as_it_is *= kernel
        other_way *= kernel if surrounded else taken
    return as_it_is > other_way
