"""The three-run rule: a linear op, run three times, gives its value and the bound on a correct kernel's error.

With L the op: L(x, w) is the value, L(|x|, |w|) the magnitude that rounding errors scale with, and L on
ones the number of products per sum. A non-finite operand counts as 0 in the magnitude: its products have no rounding
error, and the rest shows whether the finite part can overflow.

Source: N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, SIAM 2002, section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.op import NotJudged
from opassay.harness.model.reference import Reference

Linear = Callable[..., np.ndarray]
"""Takes operands in the computing format, and returns the same format."""

LONGDOUBLE_BITS = int(np.finfo(np.longdouble).nmant) + 1


def wide(array: np.ndarray) -> np.ndarray:
    """``array`` in the format the oracle computes in: float64, longdouble for float64, integers as they are.

    Raises ``NotJudged`` for float64 where longdouble is no wider.
    """
    return wide_enough(dtypes.widen(array))


def wide_enough(values: np.ndarray) -> np.ndarray:
    """``values`` in the computing format, which must be wide enough; raises as ``wide`` does."""
    if values.dtype.char == "g":
        _require_wide("float64")
    return values


def extended(values: np.ndarray) -> bool:
    """Whether they are in longdouble, and that is wider than float64; on some systems both are one dtype."""
    return values.dtype == np.longdouble and LONGDOUBLE_BITS >= 63


def numbers(values: np.ndarray, dtype: str) -> np.ndarray:
    """Integers and bools in the format in which ``dtype`` is judged; ``NotJudged`` where no format holds them."""
    if values.dtype.itemsize > 4:
        _require_wide(values.dtype.name)
    return values.astype(np.longdouble if dtype == "float64" or values.dtype.itemsize > 4 else np.float64)


def _require_wide(dtype: str) -> None:
    if LONGDOUBLE_BITS < 63:
        raise NotJudged(
            f"the oracle needs longdouble for {dtype}, with at least 63 significand bits, and has {LONGDOUBLE_BITS} "
            "on this machine; leave it out, or run on x86-64 Linux"
        )


def apply(linear: Linear, operands: Sequence[np.ndarray]) -> np.ndarray:
    """``linear`` as IEEE 754 defines it, without warnings: NaN and infinity are answers here."""
    with np.errstate(all="ignore"):
        return linear(*operands)


def linear_reference(
    name: str,
    linear: Linear,
    operands: Sequence[np.ndarray],
    terms: Callable[[], np.ndarray] | None = None,
    at_once: bool = False,
) -> Reference:
    """The reference of an output that is linear in each of ``operands``: bitwise for integers.

    ``terms``: the number of products per sum, where it is cheaper to state than to compute by the third run.
    """
    widened = [wide(operand) for operand in operands]
    return sum_reference(name, dtypes.dtype_name(operands[0]), linear, widened, terms, at_once)


def sum_reference(
    name: str,
    dtype: str,
    linear: Linear,
    widened: Sequence[np.ndarray],
    terms: Callable[[], np.ndarray] | None = None,
    at_once: bool = False,
) -> Reference:
    """The same for operands of ``dtype`` that are in the computing format already.

    ``at_once``: ``linear`` takes operands with leading axes of separate runs, so that value and magnitude are computed
    in one call, and ``widened`` may hold several runs.
    """
    if not dtypes.is_float(dtype):
        return Reference(name, dtype, apply(linear, widened))
    sizes = [magnitudes(wide_enough(operand)) for operand in widened]
    with np.errstate(all="ignore"):
        if at_once:
            exact, magnitude = _at_once(linear, (widened, sizes))
        else:
            exact, magnitude = linear(*widened), linear(*sizes)
    return Reference(
        name,
        dtype,
        exact,
        policy="linear",
        magnitude=magnitude,
        terms=third_run(linear, widened) if terms is None else terms(),
        flush=_flush(linear, sizes, at_once) if any(_has_subnormal(size, dtype) for size in sizes) else None,
    )


def _at_once(linear: Linear, runs: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    return linear(*(np.stack(operands) for operands in zip(*runs, strict=True)))


def third_run(linear: Linear, operands: Sequence[np.ndarray]) -> np.ndarray:
    """The number of products per sum."""
    return apply(linear, [np.ones(operand.shape) for operand in operands]).astype(np.int64)


def _flush(linear: Linear, sizes: Sequence[np.ndarray], at_once: bool) -> np.ndarray:
    # An operand flushed to zero has an error below the smallest normal number, times all that it is multiplied by.
    runs = [[np.ones_like(v) if i == flushed else v for i, v in enumerate(sizes)] for flushed in range(len(sizes))]
    with np.errstate(all="ignore"):
        return np.asarray(sum(_at_once(linear, runs) if at_once else (linear(*run) for run in runs)))


def magnitudes(values: np.ndarray) -> np.ndarray:
    """Absolute values; 0 for what is not finite."""
    sizes = np.asarray(np.abs(values))
    finite = np.isfinite(sizes)
    if not finite.all():
        sizes[~finite] = 0
    return sizes


def not_finite(operands: Sequence[np.ndarray]) -> tuple[np.ndarray, ...] | None:
    """Which elements of each operand are not finite; None if all are."""
    finite = [np.isfinite(v) for v in operands]
    return None if all(mask.all() for mask in finite) else tuple(~mask for mask in finite)


def _has_subnormal(sizes: np.ndarray, dtype: str) -> bool:
    return bool(sizes[sizes < dtypes.FORMATS[dtype].smallest_normal].any())
