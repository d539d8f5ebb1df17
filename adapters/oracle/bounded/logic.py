"""Comparisons, logic and bit operations. A bool has error 1 where an inexact operand leaves it open."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.bounded.basic import Binary, quietly
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.real import Real, operand

Mask = Real | np.ndarray | bool


def masked(condition: Mask) -> Real:
    """A condition as a node."""
    return condition if isinstance(condition, Real) else Real(np.asarray(condition))


def _compare(function: Binary) -> Callable[[Real, object], Real]:
    def op(x: Real, other: object) -> Real:
        y = operand(other, x)

        def local(_: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
            if x.value.dtype == bool:
                return np.asarray(np.maximum(a, b))
            unsure = (np.abs(x.value - y.value) <= a + b) & (a + b > 0)
            return np.asarray(unsure, dtype=np.float64)

        return Real(quietly(function, x.value, y.value), (x, y), local)

    return op


equal = _compare(np.equal)
not_equal = _compare(np.not_equal)
less = _compare(np.less)
less_equal = _compare(np.less_equal)
greater = _compare(np.greater)
greater_equal = _compare(np.greater_equal)


def _exact(function: Callable[..., np.ndarray]) -> Callable[..., Real]:
    """An op whose result is exact wherever all operands are."""

    def op(x: Real, *others: object) -> Real:
        operands = (x, *(operand(other, x) for other in others))

        def local(_: Formats, *errors: np.ndarray) -> np.ndarray:
            return np.asarray(np.maximum.reduce(np.broadcast_arrays(*errors)) > 0, dtype=np.float64)

        return Real(quietly(function, *(each.value for each in operands)), operands, local)

    return op


logical_and = _exact(np.logical_and)
logical_or = _exact(np.logical_or)
logical_xor = _exact(np.logical_xor)
logical_not = _exact(np.logical_not)
bitwise_and = _exact(np.bitwise_and)
bitwise_or = _exact(np.bitwise_or)
bitwise_xor = _exact(np.bitwise_xor)
bitwise_not = _exact(np.bitwise_not)
isnan = _exact(np.isnan)
isinf = _exact(np.isinf)
isfinite = _exact(np.isfinite)
signbit = _exact(np.signbit)

popcount = _exact(lambda a: _bits(a).sum(axis=-1).astype(a.dtype))
clz = _exact(lambda a: np.where(_bits(a).any(axis=-1), _bits(a).argmax(axis=-1), 8 * a.itemsize).astype(a.dtype))


def _bits(a: np.ndarray) -> np.ndarray:
    """The bits of integers along a new last axis, the highest first."""
    rows = np.ascontiguousarray(a.astype(a.dtype.newbyteorder(">"))[..., None])
    return np.unpackbits(rows.view(np.uint8), axis=-1)


def shift_left(x: Real, other: object) -> Real:
    """x · 2ʸ modulo 2^bits; free where y is negative or not less than the number of bits."""
    return _shift(np.left_shift, x, operand(other, x))


def shift_right(x: Real, other: object) -> Real:
    """⌊x / 2ʸ⌋, an arithmetic shift; free as ``shift_left``."""
    return _shift(np.right_shift, x, operand(other, x))


def _shift(function: Binary, x: Real, y: Real) -> Real:
    bits = 8 * x.value.dtype.itemsize
    wrong = (y.value < 0) | (y.value >= bits)
    value = function(x.value, np.where(wrong, 0, y.value).astype(y.value.dtype))
    return Real(value, (x, y), lambda _, *errors: np.where(wrong, np.inf, 0.0))
