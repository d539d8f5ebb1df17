"""Functions that a sign decides, and neighbours in a format: nothing is rounded."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.formats import Formats, kept, settled, sizes
from opassay.adapters.oracle.bounded.real import Real, operand, saved, with_gradient
from opassay.adapters.oracle.bounded.selection import shared, where
from opassay.adapters.oracle.bounded.sums import fit
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS


def copysign(x: Real, other: object) -> Real:
    """|x| with the sign of y, also where either is a zero or NaN. Only x has a gradient; at 0 it may be any share."""
    y = operand(other, x)
    value = quietly(np.copysign, x.value, y.value)

    def local(_: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        unsure = (b > 0) & (np.abs(y.value) <= b)
        return settled(value, np.where(unsure, 2 * sizes(value) + a, a), a)

    zeros = (value == 0) & (False if y.either_zero is None else y.either_zero)
    pull = lambda g, _: (fit(shared(g, _turn(saved(x), y)), x.shape), None)  # noqa: E731
    return Real(value, (x, y), local, pull, either_zero=zeros)


def _turn(x: Real, y: Real) -> Real:
    """1 where the signs agree, -1 where they differ; at 0, anything between; open at NaN."""
    value = np.where(np.signbit(x.value) == np.signbit(y.value), 1, -1).astype(x.value.dtype)
    size, nowhere = np.abs(x.value), np.isnan(x.value)

    def local(_: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        unsure = (size <= a) | ((b > 0) & (np.abs(y.value) <= b))
        return np.where(nowhere, np.inf, np.where(unsure, 2.0, 0.0))

    return Real(value, (x, y), local, opened=np.broadcast_to(nowhere, value.shape))


def heaviside(x: Real, other: object) -> Real:
    """0 below 0, y at 0, 1 above; open at NaN."""
    y = operand(other, x)
    nowhere = np.broadcast_to(np.isnan(x.value), np.broadcast_shapes(x.shape, y.shape))
    value = np.where(x.value < 0, 0, np.where(x.value > 0, 1, np.where(nowhere, np.nan, y.value)))

    def local(_: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        unsure = (a > 0) & (np.abs(x.value) <= a)
        error = np.where(unsure, 1 + sizes(y.value) + b, np.where(x.value == 0, b, 0.0))
        return np.where(nowhere, np.inf, np.where(np.isnan(error), np.inf, error))

    zeros = (x.value == 0) & (False if y.either_zero is None else y.either_zero)
    return Real(value.astype(x.value.dtype), (x, y), local, either_zero=zeros, opened=nowhere)


def nextafter(x: Real, other: object, dtype: str) -> Real:
    """The number of ``dtype`` next to x on the way to y, y itself where they are equal.

    Source: IEEE 754-2019, 5.3.1, nextUp and nextDown, which of C's nextafter each is one direction.
    """
    y = operand(other, x)
    value = quietly(lambda a, b: _next(a, b, dtype), x.value, y.value).astype(x.value.dtype)
    least = FORMATS[dtype].smallest_normal

    def local(formats: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        # Next to a number taken for 0 is the smallest one, which may be flushed as well.
        unsure = (a > 0) | ((b > 0) & (sizes(x.value) <= least))
        return kept(formats, value, np.where(unsure, a + b + least, 0.0), exact=True)

    return Real(value, (x, y), local)


def _next(x: np.ndarray, y: np.ndarray, dtype: str) -> np.ndarray:
    if dtype in ("float32", "float64"):
        return np.asarray(np.nextafter(x.astype(dtype), y.astype(dtype)))
    # NumPy has no bfloat16, and of float16 the number above the largest below 0 is +0 there.
    bits = dtypes.narrow(x, dtype).view("<u2").astype(np.int32)
    away = (x < y) == (x > 0)
    moved = np.where(x == 0, np.where(y < 0, 0x8001, 1), np.where(away, bits + 1, bits - 1)).astype("<u2")
    found = dtypes.widen(moved.view(dtypes.storage(dtype)))
    return np.where(np.isnan(x) | np.isnan(y), np.nan, np.where(x == y, y, found))


def nan_to_num(x: Real, nan: object, posinf: object, neginf: object, dtype: str) -> Real:
    """x, but ``nan`` for NaN and the other two for infinities, by default the largest numbers of ``dtype``.

    The gradient of what is replaced is 0, also where the cotangent is not finite, as in relu.
    """
    largest = FORMATS[dtype].largest
    high, low = largest if posinf is False else posinf, -largest if neginf is False else neginf
    finite = where(np.isposinf(x.value), high, where(np.isneginf(x.value), low, x))
    y = where(np.isnan(x.value), nan, finite)

    return with_gradient(y, x, lambda g, _: where(np.isfinite(x.value), g, 0.0))
