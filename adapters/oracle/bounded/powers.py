"""Functions of two operands: powers, angles, hypotenuse, and division with a remainder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.bounded.basic import Binary, neg, quietly, quotient_error
from opassay.adapters.oracle.bounded.elementary import log
from opassay.adapters.oracle.bounded.formats import Formats, kept, rounded, sizes
from opassay.adapters.oracle.bounded.forms import either
from opassay.adapters.oracle.bounded.function import stepped
from opassay.adapters.oracle.bounded.monomial import monomial
from opassay.adapters.oracle.bounded.real import Real, left_open, operand, saved
from opassay.adapters.oracle.bounded.selection import where
from opassay.adapters.oracle.bounded.sums import fit
from opassay.harness.model.dtypes import FORMATS

Moves = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Pulls = Callable[[Real, Real, Real, Real], tuple[Real, Real]]


def _function(name: str, value: Binary, moves: Moves, pulls: Pulls) -> Callable[[Real, object], Real]:
    """``moves``: (x, y, value, error of x, of y) -> the value's error; ``pulls``: (g, x, y, result) -> gradients."""

    def op(x: Real, other: object) -> Real:
        y = operand(other, x)
        found = quietly(value, x.value, y.value)

        def local(formats: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
            known = not (a.any() or b.any())
            error = np.zeros(()) if known else np.where(a + b > 0, moves(x.value, y.value, found, a, b), 0.0)
            return stepped(formats, name, (x.value, y.value), found, np.asarray(error, dtype=np.float64))

        # The gradient is undefined where the value is, and at the origin.
        nowhere = np.isnan(found) | ((x.value == 0) & (y.value == 0))

        def pull(g: Real, this: Real) -> tuple[Real, Real]:
            one, two = (left_open(part, nowhere) for part in pulls(g, x, y, this))
            return fit(one, x.shape), fit(two, y.shape)

        return Real(found, (x, y), local, pull)

    return op


def _power_moves(x: np.ndarray, y: np.ndarray, value: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """By |log x| and its own error; open for a base that may not be positive."""
    base = np.maximum(x, np.finfo(np.float64).tiny)
    relative = np.expm1((np.abs(y) + b) * -np.log1p(-np.minimum(a / base, 1)) + np.abs(np.log(base)) * b)
    return np.asarray(np.where(x > a, np.abs(value) * relative, np.inf))


def _power_pulls(g: Real, x: Real, y: Real, this: Real) -> tuple[Real, Real]:
    """The gradient is 0 for an exponent of 0 or a base of 0; that of a negative base by the exponent is open."""
    a, b = saved(x), saved(y)
    less, same = _power(a, b - 1), saved(this)
    one = either(monomial((g, 1), (b, 1), (less, 1)), monomial((g, 1), (b, 1), (same, 1), (a, -1)))
    growth = where((x.value > 0) | np.isnan(x.value), log(a), 0.0)
    two = monomial((g, 1), (same, 1), (growth, 1))
    return where(y.value == 0, 0.0, one), left_open(two, (x.value < 0) | ((x.value == 0) & (y.value < 0)))


_power = _function("pow", np.power, _power_moves, _power_pulls)


def power(x: Real, other: object) -> Real:
    """x to the power of y. Integers wrap; a negative exponent of an integer is open."""
    y = operand(other, x)
    if x.is_float:
        return _power(x, y)
    wrong = y.value < 0
    value = np.power(x.value, np.where(wrong, 0, y.value).astype(y.value.dtype))
    return Real(value, (x, y), lambda _, *errors: np.where(wrong, np.inf, 0.0))


def _angle_moves(y: np.ndarray, x: np.ndarray, value: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """An error of length e turns a point at distance r by asin(e / r); across the branch cut, the value is open."""
    turn = np.hypot(a, b) / np.hypot(x, y)
    cut = (np.abs(y) <= a) & (x - b <= 0)
    return np.asarray(np.where((turn >= 1) | cut, np.inf, np.arcsin(np.minimum(turn, 1))))


def _angle_pulls(g: Real, y: Real, x: Real, _: Real) -> tuple[Real, Real]:
    a, b = saved(y), saved(x)
    square = a * a + b * b
    return monomial((g, 1), (b, 1), (square, -1)), neg(monomial((g, 1), (a, 1), (square, -1)))


atan2 = _function("atan2", np.arctan2, _angle_moves, _angle_pulls)


def _length_moves(x: np.ndarray, y: np.ndarray, _: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(a, b))


def _length_pulls(g: Real, x: Real, y: Real, this: Real) -> tuple[Real, Real]:
    a, b, c = saved(x), saved(y), saved(this)
    return monomial((g, 1), (a, 1), (c, -1)), monomial((g, 1), (b, 1), (c, -1))


hypot = _function("hypot", np.hypot, _length_moves, _length_pulls)


def fmod(x: Real, other: object) -> Real:
    """x - y · trunc(x / y), with the sign of x: exact, so known only where both operands are."""
    y = operand(other, x)
    return _remainder(np.fmod, x, y, lambda g: fit(neg(g * trunc_quotient(saved(x), saved(y))), y.shape))


def floor_below_trunc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where ⌊x / y⌋ is one less than trunc(x / y)."""
    rest = quietly(np.fmod, x, y)
    return np.asarray((rest != 0) & (np.signbit(rest) != np.signbit(y)))


def remainder(x: Real, other: object) -> Real:
    """x - y · ⌊x / y⌋, with the sign of y: ``fmod``, plus y where the signs differ, rounded once.

    Its gradient by y is one product, or as JAX's the two gradients of that sum.
    """
    y = operand(other, x)

    def second(g: Real) -> Real:
        whole = fit(neg(g * floor_quotient(saved(x), saved(y))), y.shape)
        added = where(floor_below_trunc(x.value, y.value), g, 0.0)
        parts = fit(added, y.shape) - fit(g * trunc_quotient(saved(x), saved(y)), y.shape)
        # An infinite cotangent times a quotient of 0 is NaN in one of them.
        return left_open(either(whole, parts), np.isnan(whole.value) != np.isnan(parts.value))

    return _remainder(np.remainder, x, y, second)


def _remainder(function: Binary, x: Real, y: Real, second: Callable[[Real], Real]) -> Real:
    by_zero = y.value == 0
    if not x.is_float:
        divisor = np.where(by_zero, 1, y.value).astype(y.value.dtype)
        return Real(quietly(function, x.value, divisor), (x, y), lambda _, *e: np.where(by_zero, np.inf, 0.0))
    value, rest = quietly(function, x.value, y.value), quietly(np.fmod, x.value, y.value)

    def local(formats: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        error = np.where(a + b > 0, np.inf, 0.0)
        if formats.flushes(formats.compute):
            # A remainder flushed to 0 is not moved to the sign of y.
            tiny = (rest != 0) & (rest != value) & (np.abs(rest) < FORMATS[formats.compute].smallest_normal)
            error = np.where(tiny, np.maximum(error, sizes(y.value)), error)
        return kept(formats, value, error, exact=True)

    zeros = np.broadcast_to(True, value.shape)
    return Real(value, (x, y), local, lambda g, _: (fit(g, x.shape), second(g)), either_zero=zeros)


DIVIDED_LATER = 1.5
"""Error in ulps of (x - remainder) / y: the difference errs by half an ulp of x, which is up to one of the quotient,
and the division by half. CPython's floats divide like this, and NumPy, torch and JAX follow it.
"""


def floor_quotient(x: Real, other: object) -> Real:
    """⌊x / y⌋, of the exact or the rounded quotient; open for a zero divisor or an operand that is not finite."""
    return _whole_quotient(np.floor, np.floor_divide, x, operand(other, x))


def trunc_quotient(x: Real, other: object) -> Real:
    """trunc(x / y), of the exact or the rounded quotient; open for a zero divisor or an operand that is not finite."""
    return _whole_quotient(np.trunc, _trunc_divide, x, operand(other, x))


def _trunc_divide(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Toward zero: one more than the floor where the quotient is negative and not exact."""
    down = np.floor_divide(x, y)
    return np.asarray(down + ((np.fmod(x, y) != 0) & ((x < 0) != (y < 0))).astype(x.dtype))


def _whole_quotient(step: Callable[[np.ndarray], np.ndarray], whole: Binary, x: Real, y: Real) -> Real:
    if not x.is_float:
        return _integer_quotient(whole, x, y)
    left_out = (y.value == 0) | ~np.isfinite(x.value) | ~np.isfinite(y.value)
    quotient, rest = quietly(np.divide, x.value, y.value), quietly(np.fmod, x.value, y.value)
    value = quietly(whole, x.value, y.value)

    def local(formats: Formats, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        moved = quotient_error(x.value, y.value, quotient, a, b)
        error = rounded(formats, formats.compute, quotient, moved, DIVIDED_LATER)
        near = np.where((rest == 0) & (a + b == 0), 0, error)
        low, high = (step(quotient + sign * near) for sign in (-1, 1))
        off = np.where(left_out | (near == 0), 0, np.maximum(high - value, value - low))
        if formats.flushes(formats.compute):
            # A remainder flushed to 0 does not show that there is one: the quotient is taken for a whole number.
            tiny = (rest != 0) & (np.abs(rest) < FORMATS[formats.compute].smallest_normal) & ~left_out
            for taken in (np.trunc(quotient), np.rint(quotient)):
                off = np.where(tiny, np.maximum(off, np.abs(taken - value)), off)
        return np.where(left_out, np.inf, kept(formats, value, off.astype(np.float64), exact=True))

    return Real(value, (x, y), local, either_zero=np.broadcast_to(True, value.shape), opened=left_out)


def _integer_quotient(whole: Binary, x: Real, y: Real) -> Real:
    """Open for a zero divisor, and for the lowest integer divided by -1, which overflows."""
    smallest = np.iinfo(x.value.dtype).min
    left_out = (y.value == 0) | ((x.value == smallest) & (y.value == -1) & (smallest < 0))
    value = whole(x.value, np.where(left_out, 1, y.value).astype(y.value.dtype))
    return Real(value, (x, y), lambda _, *errors: np.where(left_out, np.inf, 0.0))
