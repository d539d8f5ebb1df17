"""Where relu and its gradient lose subnormal numbers, or multiply by 0 instead of cutting off. NumPy only."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from opassay.adapters.known_predicates import holds_positive_subnormal, holds_subnormal
from opassay.adapters.known_windows import failure, flushed
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case


def flushed_relu(case: Case) -> bool:
    """TensorFlow's relu. One number alone is not done by a vector instruction, which then keeps a negative one."""
    alone = case.tensors[0].size == 1 and case.tensors[0].dtype == "float32"
    return holds_positive_subnormal(case) or (alone and holds_subnormal(case))


@lru_cache(maxsize=8)
def selected(case: Case) -> str:
    """The verdict on a gradient that is selected where the input, its subnormals flushed, is positive."""
    if not _odd(case):
        return "pass"
    x, dy, dtype = _values(case)
    return failure(np.where(flushed(x, dtype) > 0, dy, 0), np.where(x > 0, dy, 0), _tiny(dtype))


@lru_cache(maxsize=8)
def multiplied(case: Case) -> str:
    """The verdict on a gradient multiplied by 0 or 1, with subnormals flushed; where the input is NaN all agree."""
    if not _odd(case):
        return "pass"
    x, dy, dtype = _values(case)
    cut = np.where(np.isfinite(dy), 0, np.nan)
    got = np.where(flushed(x, dtype) > 0, flushed(dy, dtype), cut)
    told = ~np.isnan(x)
    return failure(got[told], np.where(x > 0, dy, 0)[told], _tiny(dtype))


def _odd(case: Case) -> bool:
    tensors = case.all_tensors
    odd = len(tensors) == 2 and any(tensor.fill.kind in ("special", "literal") for tensor in tensors)
    return odd and dtypes.is_float(tensors[0].dtype)


def _values(case: Case) -> tuple[np.ndarray, np.ndarray, str]:
    x, dy = (dtypes.widen(tensor.materialize()) for tensor in case.all_tensors)
    return x, dy, case.tensors[0].dtype


def _tiny(dtype: str) -> float:
    return dtypes.FORMATS[dtype].smallest_normal
