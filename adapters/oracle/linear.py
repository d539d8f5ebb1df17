"""The three-run rule: a linear op, run three times, gives its value and the bound on a correct kernel's error.

With L the op: L(x, w) is the value, L(|x|, |w|) the magnitude that rounding errors scale with, and L on
ones the number of products each element sums. Source: N. J. Higham, "Accuracy and Stability of Numerical
Algorithms", 2nd edition, SIAM 2002, section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from harness.model import dtypes
from harness.model.reference import Reference

Linear = Callable[..., np.ndarray]
"""Takes operands already in the format to compute in, and returns the same format."""

LONGDOUBLE_BITS = int(np.finfo(np.longdouble).nmant) + 1


def wide(array: np.ndarray) -> np.ndarray:
    """``array`` in the format the oracle computes in: float64, longdouble for float64, integers as they are.

    Raises ``RuntimeError`` for float64 where longdouble is no wider.
    """
    if dtypes.dtype_name(array) == "float64" and LONGDOUBLE_BITS < 63:
        raise RuntimeError(
            f"the oracle sums float64 in longdouble, which must have at least 63 significand bits and has "
            f"{LONGDOUBLE_BITS} on this machine; leave float64 out, or run on x86-64 Linux"
        )
    return dtypes.widen(array)


def apply(linear: Linear, operands: Sequence[np.ndarray]) -> np.ndarray:
    """``linear`` as IEEE 754 defines it, without warnings: NaN and infinity are answers here."""
    with np.errstate(all="ignore"):
        return linear(*operands)


def linear_reference(name: str, linear: Linear, operands: Sequence[np.ndarray]) -> Reference:
    """The reference of an output that is linear in each of ``operands``: bitwise for integers."""
    dtype = dtypes.dtype_name(operands[0])
    widened = [wide(operand) for operand in operands]
    exact = apply(linear, widened)
    if not dtypes.is_float(dtype):
        return Reference(name, dtype, exact)
    ones = [np.ones(operand.shape) for operand in operands]
    return Reference(
        name,
        dtype,
        exact,
        policy="linear",
        magnitude=apply(linear, [np.abs(operand) for operand in widened]),
        terms=apply(linear, ones).astype(np.int64),
        flush=_flush(linear, widened) if any(_has_subnormal(v, dtype) for v in widened) else None,
    )


def _flush(linear: Linear, widened: Sequence[np.ndarray]) -> np.ndarray:
    # An operand flushed to zero errs by less than the smallest normal number, times all that it meets.
    runs = []
    for flushed in range(len(widened)):
        operands = [np.ones_like(v) if i == flushed else np.abs(v) for i, v in enumerate(widened)]
        runs.append(apply(linear, operands))
    with np.errstate(all="ignore"):
        return np.asarray(sum(runs))


def _has_subnormal(values: np.ndarray, dtype: str) -> bool:
    size = np.abs(values)
    return bool(np.any((size > 0) & (size < dtypes.FORMATS[dtype].smallest_normal)))
