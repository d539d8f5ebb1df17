"""What elementary functions of one operand share: how errors propagate through them, and their own error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from opassay.adapters.oracle.bounded.basic import quietly
from opassay.adapters.oracle.bounded.formats import CORRECT, Formats, kept, representable
from opassay.adapters.oracle.bounded.monomial import monomial
from opassay.adapters.oracle.bounded.profiles import ulps_of
from opassay.adapters.oracle.bounded.real import Real, left_open
from opassay.adapters.oracle.linear import extended

Value = Callable[[np.ndarray], np.ndarray]
Unary = Callable[[Real], Real]

Moves = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(operand, its error, value) -> the error of the value due to it; infinite where it is not known."""

ORACLE = 2.0**-59
"""The relative error of the oracle's functions in longdouble, and an upper bound of that in float64 where it serves
float32.

That is 1/64 of a unit in the last place of float64. tests/oracle/test_bounded_values.py measures it against mpmath.
"""


def function(
    name: str,
    value: Value,
    pull: Callable[[Real, Real, Real], Real],
    moves: Moves,
    span: tuple[float, float] | None = None,
) -> Unary:
    """The function called ``name`` in the profiles. ``pull``: (cotangent, operand, result) -> the gradient."""

    def op(x: Real) -> Real:
        y = quietly(value, x.value)

        def local(formats: Formats, _: np.ndarray) -> np.ndarray:
            error, beyond = x.error(formats), x.overflow(formats)
            moved = np.where(error > 0, moves(x.value, error, y), 0.0) if error.any() else error
            if beyond.any():
                end = np.abs(value(np.copysign(np.inf, x.value)) - y)
                moved = np.where(beyond, np.maximum(moved, np.where(np.isnan(end), np.inf, end)), moved)
            return stepped(formats, name, (x.value,), y, np.asarray(moved, dtype=np.float64))

        # Where the value is undefined, so is the gradient.
        nowhere = np.isnan(y)
        return Real(y, (x,), local, lambda g, this: (left_open(pull(g, x, this), nowhere),), span=span)

    op.__name__, op.__doc__ = name, f"{name}(x), as the target's profile of elementary functions bounds it."
    return op


def over(g: Real, d: Real) -> Real:
    """g / d, or g times the reciprocal of d."""
    return monomial((g, 1), (d, -1))


def stepped(
    formats: Formats, name: str, operands: Sequence[np.ndarray], value: np.ndarray, error: np.ndarray
) -> np.ndarray:
    """The error of a function's result: the profile's, and the propagated operand error.

    Zeros are exact, as are results of zeros that are numbers of the format (C's Annex F for exp, cos and cosh). A
    correctly rounded result that is a number of the format has the oracle's error only.
    """
    ulps = ulps_of(name, formats.functions)
    oracle = ORACLE if extended(value) else ORACLE * 2.0**11
    own = oracle * np.minimum(np.abs(value), np.finfo(np.float64).max).astype(np.float64)
    new = kept(formats, value, error, ulps) + own
    zeros = np.logical_and.reduce(np.broadcast_arrays(*(x == 0 for x in operands)))
    numbers = representable(value, formats.kept) & (error == 0)
    new = np.where(numbers & (ulps <= CORRECT), own, new)
    known = np.where(((value == 0) | zeros) & numbers, 0.0, new)
    return np.where(np.isfinite(value), known, kept(formats, value, error))


def between_ends(value: Value, low: float = -np.inf, high: float = np.inf, closed: bool = False) -> Moves:
    """For a monotone function on an open domain: its values at the ends of the operand's interval bound all others.

    A ``closed`` domain includes its ends. Outside the domain the value is undefined, whatever the error.
    """

    def moves(x: np.ndarray, error: np.ndarray, y: np.ndarray) -> np.ndarray:
        off = np.maximum(np.abs(value(x + error) - y), np.abs(value(x - error) - y))
        unsure = (x - error < low) | (x + error > high)
        if not closed:
            unsure |= (x - error == low) | (x + error == high)
        beyond = (x + error < low) | (x - error > high)
        return np.asarray(np.where(beyond, 0.0, np.where(unsure, np.inf, off)))

    return moves


def of_size(value: Value) -> Moves:
    """For an even function that grows with the size of its operand."""

    def moves(x: np.ndarray, error: np.ndarray, y: np.ndarray) -> np.ndarray:
        size = np.abs(x)
        least = np.maximum(size - error, 0)
        return np.asarray(np.maximum(np.abs(value(size + error) - y), np.abs(value(least) - y)))

    return moves


def turned(first: Value, second: Value) -> Moves:
    """For sine and cosine: f(x ± e) - f(x) = ± f'(x) sin e - f(x)(1 - cos e)."""

    def moves(x: np.ndarray, error: np.ndarray, _: np.ndarray) -> np.ndarray:
        angle = np.minimum(error, np.pi)
        straight, bent = np.sin(np.minimum(angle, np.pi / 2)), 2 * np.sin(angle / 2) ** 2
        return np.asarray(np.abs(second(x)) * straight + np.abs(first(x)) * bent)

    return moves


def between_poles(x: np.ndarray, error: np.ndarray, y: np.ndarray) -> np.ndarray:
    """For the tangent: monotone where no pole lies within the error."""
    branch = [np.floor((x + sign * error) / np.pi + 0.5) for sign in (-1, 1)]
    off = np.maximum(np.abs(np.tan(x + error) - y), np.abs(np.tan(x - error) - y))
    return np.asarray(np.where(branch[0] == branch[1], off, np.inf))
