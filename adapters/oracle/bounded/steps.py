"""Piecewise constant functions: rounding to integers, and conversions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.real import Real, saved
from opassay.adapters.oracle.bounded.selection import within
from opassay.adapters.oracle.linear import numbers
from opassay.harness.model import dtypes


def _step(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[Real], Real]:
    """A monotone function that is exact wherever its operand is."""

    def op(x: Real) -> Real:
        value = quietly(function, x.value)

        def local(_: Formats, error: np.ndarray) -> np.ndarray:
            return within(function(x.value - error), value, function(x.value + error), error)

        return Real(value, (x,), local)

    return op


floor = _step(np.floor)
ceil = _step(np.ceil)
trunc = _step(np.trunc)
round_even = _step(np.rint)
"""Halves to even: IEEE 754-2019, roundToIntegralTiesToEven."""


def cast(x: Real, dtype: str) -> Real:
    """x in another dtype: floats to nearest; floats to integers toward zero; integers wrap among themselves.

    Free where a float is out of the integer's range or NaN. To bool: whether it is not 0.
    """
    if dtypes.is_float(dtype):
        return _to_float(x, dtype)
    target = np.dtype(dtype)
    if dtype == "bool" or not x.is_float:
        value = x.value.astype(target)
        return Real(value, (x,), lambda _, error: (error > 0).astype(np.float64))
    whole = quietly(np.trunc, x.value)
    info = np.iinfo(target)
    # The largest int64 is not a float64; the next float64 is out of range.
    outside = ~((whole >= float(info.min)) & (whole < 2.0 ** (info.bits - (info.min < 0))))
    value = np.where(outside, 0, whole).astype(target)

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        unsure = np.trunc(x.value - error) != np.trunc(x.value + error)
        return np.where(outside | unsure, np.inf, 0.0)

    return Real(value, (x,), local)


def _to_float(x: Real, dtype: str) -> Real:
    if x.is_float:
        wider = x.value.astype(np.longdouble) if dtype == "float64" else x.value
        return Real(wider, (x,), lambda _, error: error, lambda g, _: (saved(g),))
    return Real(numbers(x.value, dtype), (x,), lambda _, error: error)
