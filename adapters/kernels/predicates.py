"""Predicates over cases, and pins from a file, for the adapters' known differences. Imports no framework."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from opassay.adapters.geometry import spatial_axes
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor

Predicate = Callable[[Case], bool]


def attribute(case: Case, *place: str | int) -> Any:
    """The value of an attribute: its name, then positions in it. NaN, which equals nothing, where it is missing."""
    found: Any = case.attributes
    for part in place:
        there = range(len(found)) if isinstance(found, tuple) else found if isinstance(found, Mapping) else ()
        if part not in there:
            return math.nan
        found = found[part]
    return found


def attributes_of(case: Case) -> Mapping[str, Any]:
    """The attributes of the case's op, or of a program's first stage."""
    found: Mapping[str, Any] = case.attributes["stages"][0].get("attributes", {}) if "stages" in case.attributes else {}
    return found or case.attributes


def of_images(case: Case) -> bool:
    """Whether the windows, if any, are over two axes: one and three axes have other kernels."""
    return len(case.attributes.get("layout", "NHWC")) == len("NHWC")


def breaks(*rules: str) -> Predicate:
    """Cases of the aspect ``error`` that break one of these rules."""
    return lambda case: case.rule in rules


def empty(position: int, *axes: int) -> Predicate:
    """Cases whose input at ``position`` has no extent along one of ``axes`` (any axis when none is named)."""

    def covers(case: Case) -> bool:
        shape = case.tensors[position].shape
        return any(shape[axis] == 0 for axis in (axes or range(len(shape))))

    return covers


def holds_subnormal(case: Case) -> bool:
    """Some float input or cotangent holds a subnormal number (float16 is never flushed)."""
    return any(_has(case, i, _subnormal) for i in range(len(case.all_tensors)))


def dilated_with_padding(case: Case) -> bool:
    """A dilated window over an image that is padded explicitly."""
    padding, dilation = case.attributes["padding"], case.attributes["dilation"]
    return not isinstance(padding, str) and max(dilation) > 1 and any(amount for pair in padding for amount in pair)


def subnormal_meets_infinity(case: Case) -> bool:
    """One input or cotangent holds a subnormal number, another an infinity: flushed, their product is NaN."""
    places = range(len(case.all_tensors))
    return any(_has(case, i, _subnormal) and _has(case, j, _infinite) for i in places for j in places if i != j)


def _has(case: Case, position: int, what: Callable[[np.ndarray, str], np.ndarray]) -> bool:
    return _holds(case.all_tensors[position], what)


@lru_cache(maxsize=64)
def _holds(tensor: Tensor, what: Callable[[np.ndarray, str], np.ndarray]) -> bool:
    # Facts of several frameworks test the same tensor in quick succession.
    if tensor.fill.kind not in ("special", "literal") or tensor.dtype in ("float16", *dtypes.INTEGERS):
        return False
    return bool(what(dtypes.widen(tensor.materialize()), tensor.dtype).any())


def _subnormal(values: np.ndarray, dtype: str) -> np.ndarray:
    return np.asarray((values != 0) & (np.abs(values) < dtypes.FORMATS[dtype].smallest_normal))


def _infinite(values: np.ndarray, dtype: str) -> np.ndarray:
    return np.isinf(values)


def overflows(case: Case, attribute: str, least: int) -> bool:
    """Cases of the rule OutputOverflow with an entry of ``attribute`` of at least ``least``."""
    return case.rule == "OutputOverflow" and max(case.attributes[attribute]) >= least


def rank_three_in(layout: str) -> Predicate:
    """Cases of the rule RankThree in ``layout``."""
    return lambda case: case.rule == "RankThree" and case.attributes["layout"] == layout


def repeated_to_minus_one(case: Case) -> bool:
    """Un-pooling whose window makes an extent -1, which a reshape infers from the rest."""
    axes = spatial_axes(case.attributes["layout"])
    return any(case.tensors[0].shape[i] * k == -1 for i, k in zip(axes, case.attributes["window"], strict=True))


def repeated_beyond_bytes(case: Case) -> bool:
    """Un-pooling to extents that fit into 64 bits but whose bytes do not: XLA's compiler accepts the former.

    The window is repeated along one axis after the other, in either layout.
    """
    if case.rule != "OutputOverflow":
        return False
    axes = spatial_axes(case.attributes["layout"])
    return all(case.tensors[0].shape[axis] * k < 2**63 for axis, k in zip(axes, case.attributes["window"], strict=True))


def extent_fits_indices(case: Case) -> bool:
    """A scatter into an extent of 2**62: JAX reports indices that cannot hold it while tracing."""
    return overflows(case, "shape", 2**62) and case.tensors[0].dtype == "int64"
