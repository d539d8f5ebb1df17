"""Predicates over the values and extents of a case, for known differences. Imports no framework."""

from __future__ import annotations

import numpy as np

from opassay.adapters.kernels.predicates import holds_subnormal
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case


def empty_anywhere(case: Case) -> bool:
    """Some input or cotangent has an extent of 0."""
    return any(0 in tensor.shape for tensor in case.all_tensors)


def odd_maximum(case: Case) -> bool:
    """The first input holds a value for which frameworks disagree on the maximum: NaN, -inf, a subnormal."""
    values = _special_values(case, 0)
    return holds_subnormal(case) or (values is not None and bool((np.isnan(values) | np.isneginf(values)).any()))


def _special_values(case: Case, position: int) -> np.ndarray | None:
    """The values of a float tensor that may hold special ones; None for any other tensor or if it holds none."""
    if position >= len(case.all_tensors):
        return None
    tensor = case.all_tensors[position]
    if tensor.fill.kind not in ("special", "literal") or not dtypes.is_float(tensor.dtype):
        return None
    return dtypes.widen(tensor.materialize())
