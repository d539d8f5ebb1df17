"""Rounding errors of one format, in units in the last place of a result's binade.

Source: N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, SIAM 2002, chapters 2 to 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.numeric_model import NumericModel

CORRECT = 0.5
"""The error of rounding to nearest, in ulps."""

Exact = bool | Callable[[], np.ndarray]
"""Whether an operation is correctly rounded, and where the oracle did not round; computed only where needed."""

_LARGEST = float(np.finfo(np.float64).max)
_SMALLEST = float(np.finfo(np.float64).smallest_subnormal)


@dataclass(frozen=True)
class Formats:
    """The formats an op computes in.

    ``compute``: that of operations and partial sums. ``kept``: that to which results of primitives inside an op are
    rounded. ``out``: storage, also of results saved for a gradient. ``flush``: whether subnormals may become zero.
    ``functions`` names the profile of elementary functions. ``backward``: a gradient is computed, whose forms turn
    other infinities into NaN: there, NaN from an inexact operand leaves the answer open.
    """

    out: str
    kept: str
    compute: str
    flush: bool
    functions: str
    backward: bool = False

    def __post_init__(self) -> None:
        # Every node keeps its errors by formats: computing the hash each time would be a good part of the cost.
        object.__setattr__(
            self, "_hash", hash((self.out, self.kept, self.compute, self.flush, self.functions, self.backward))
        )

    def __hash__(self) -> int:
        return int(self._hash)  # type: ignore[attr-defined]

    @classmethod
    def of(cls, model: NumericModel, out: str, backward: bool = False) -> Formats:
        compute = model.accumulator
        return cls(out, model.kept or compute, compute, model.flushes, model.functions, backward)

    def flushes(self, name: str) -> bool:
        """Whether subnormals of the format may become zero; a target that flushes computes float16 in float32."""
        return self.flush and name != "float16"


def sizes(values: np.ndarray) -> np.ndarray:
    """Absolute values in float64, whose range is smaller than longdouble's; infinite only if they are."""
    if values.dtype == np.float64:
        return np.asarray(np.abs(values))
    # Casting is the only fast operation on longdouble.
    with np.errstate(over="ignore"):
        size = np.abs(np.asarray(values).astype(np.float64))
    beyond = np.isinf(size)
    return np.where(beyond & np.isfinite(values), _LARGEST, size) if beyond.any() else np.asarray(size)


def up(size: np.ndarray) -> np.ndarray:
    """An upper bound of values after ``sizes``, which may have rounded down."""
    with np.errstate(over="ignore"):
        return np.asarray(np.nextafter(size, np.inf))


def ulp(size: np.ndarray, name: str) -> np.ndarray:
    """The spacing of the format in the binade of each size, no less than that of its subnormals."""
    form = FORMATS[name]
    _, exponent = np.frexp(np.maximum(size, form.smallest_normal))
    return np.asarray(np.ldexp(1.0, exponent - form.precision))


_EXPONENT = np.int64(0x7FF0_0000_0000_0000)
"""The exponent bits of a float64."""


def _spacing(size: np.ndarray, name: str) -> np.ndarray:
    """``ulp`` for finite sizes, several times as fast; infinite for others."""
    form = FORMATS[name]
    if size.dtype != np.float64:
        return ulp(size, name)
    bits = np.maximum(size, form.smallest_normal).view(np.int64) & _EXPONENT
    return np.asarray(bits.view(np.float64) * 2.0 ** (1 - form.precision))


def representable(values: np.ndarray, name: str) -> np.ndarray:
    """Which values are numbers of the format."""
    if name != "bfloat16":
        return np.asarray(values.astype(name) == values)
    single = values.astype(np.float32)
    return np.asarray((single == values) & ((single.view(np.uint32) & np.uint32(0xFFFF)) == 0))


def rounded(
    formats: Formats, name: str, values: np.ndarray, error: np.ndarray, ulps: float = CORRECT, exact: Exact = False
) -> np.ndarray:
    """The error of ``values``, known to ``error``, after an operation of ``ulps`` in the format ``name``.

    An exact value that is a number of the format has no error where ``exact``: where a correctly rounded operation was
    exact in the oracle. Elsewhere it has the oracle's error. 16-bit formats may be rounded twice, by way of float32.
    """
    size = sizes(values)
    whole = size + error
    own = float(np.finfo(values.dtype).eps) * whole
    # Half of the smallest subnormal is not representable in float64.
    new = error + np.maximum(ulps * _spacing(whole, name), _SMALLEST) + own
    if FORMATS[name].precision < FORMATS["float32"].precision:
        new = new + CORRECT * _spacing(whole, "float32")
    if exact is not False and (error == 0).any():
        known = (error == 0) & representable(values, name)
        new = np.where(known, np.where(exact is True or exact(), 0, own) if known.any() else 0, new)
    if formats.flushes(name):
        low = (size - new < FORMATS[name].smallest_normal) & ((size > 0) | (error > 0))
        new = np.where(low, np.maximum(new, up(size)), new) if low.any() else new
    return settled(values, new, error)


def kept(
    formats: Formats, values: np.ndarray, error: np.ndarray, ulps: float = CORRECT, exact: Exact = False
) -> np.ndarray:
    """The same for a primitive: in the computing format, then rounded to the format kept, if another."""
    once = rounded(formats, formats.compute, values, error, ulps, exact)
    return once if formats.kept == formats.compute else rounded(formats, formats.kept, values, once, CORRECT, exact)


def stored(formats: Formats, values: np.ndarray, error: np.ndarray) -> np.ndarray:
    """The error of a stored result: a value that is no number of the storage format is rounded to it."""
    if formats.out != formats.kept:
        return rounded(formats, formats.out, values, error, exact=True)
    unrounded = (error == 0) & np.isfinite(values) & ~representable(values, formats.out)
    if not unrounded.any():
        return error
    return np.where(unrounded, rounded(formats, formats.out, values, error), error)


def settled(values: np.ndarray, new: np.ndarray, error: np.ndarray) -> np.ndarray:
    """``new``, but a non-finite result of exact operands is exact, and one of open operands is open."""
    finite = np.isfinite(values)
    if not finite.all():
        new = np.where(finite, new, np.where(np.isfinite(error), 0.0, np.inf))
    unknown = np.isnan(new)
    return np.asarray(np.where(unknown, np.inf, new) if unknown.any() else new)


def product(size: np.ndarray, error: np.ndarray) -> np.ndarray:
    """``size * error``, with 0 · infinity as 0."""
    return np.asarray(np.where(error == 0, 0.0, size * error))


def unless_nan(formats: Formats, error: np.ndarray, *operands: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """``error``, but 0 where an operand is known to be NaN, since the result is NaN then."""
    if formats.backward or np.isfinite(error).all():
        return np.asarray(error)
    known = np.logical_or.reduce(np.broadcast_arrays(*(np.isnan(value) & (own == 0) for value, own in operands)))
    return np.where(known, 0.0, error)
