"""The logarithm of the gamma function and its derivatives, in float64 or longdouble.

Source: NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov/5: 5.5.3 (reflection), 5.7.3 (about 2),
5.11.1 and 5.11.2 (at infinity), 5.5.1 and 5.5.2 (from one number to the next).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache

import numpy as np

Array = np.ndarray

PI = 4 * np.arctan(np.longdouble(1))
HALF_LOG_TWO_PI = np.log(2 * PI) / 2
EULER = np.longdouble("0.57721566490153286060651209008240243")

FAR = 20
"""From here on the terms of the asymptotic expansions, as many as ``BERNOULLI`` has, are below 2⁻⁷⁰ of the result."""

BERNOULLI = (
    *((1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6)),
    *((-3617, 510), (43867, 798), (-174611, 330)),
)
"""B₂, B₄ …, as fractions."""

SERIES_TERMS = 40
"""At a distance of at most 1/2 from 2, the n-th term of the series is below 4⁻ⁿ."""


def lgamma(x: Array) -> Array:
    """log |Γ(x)|, infinite at the poles."""
    y = _reflected(x, _log_gamma, lambda part, y: np.log(_pi(part) / np.abs(np.sin(_pi(part) * part))) - y)
    return np.asarray(np.where(np.isinf(x), np.inf, y))


def digamma(x: Array) -> Array:
    """Γ'(x) / Γ(x); at a zero of either sign the limit from its side, and NaN at the other poles."""
    y = _reflected(x, _digamma, lambda part, y: y - _pi(part) / np.tan(_pi(part) * part))
    pole = (x <= 0) & (np.rint(x) == x)
    return np.asarray(np.where(pole, np.where(x == 0, np.copysign(np.inf, -x), np.nan), y))


def trigamma(x: Array) -> Array:
    """The derivative of ``digamma``; positive everywhere."""
    return _reflected(x, _trigamma, lambda part, y: (_pi(part) / np.sin(_pi(part) * part)) ** 2 - y)


def _pi(like: Array) -> Array:
    return np.asarray(PI, dtype=like.dtype)


def _reflected(x: Array, above: Callable[[Array], Array], below: Callable[[Array, Array], Array]) -> Array:
    """``above`` for positive x; elsewhere ``below``, of x minus the nearest integer and ``above`` of 1 - x."""
    with np.errstate(all="ignore"):
        low = x <= 0
        y = above(np.atleast_1d(np.where(low, 1 - x, x))).reshape(x.shape)
        return np.asarray(np.where(low, below(x - np.rint(x), y), y))


def _log_gamma(x: Array) -> Array:
    """By the series about 2, to which larger x are shifted; near 1 and 0 log Γ(1 + d); for large x by Stirling."""
    near, product = x.copy(), np.ones_like(x)
    while (high := (near > 2.5) & (near < FAR)).any():
        near[high] -= 1
        product[high] *= near[high]
    d = np.clip(np.where(near < 0.5, near, np.where(near < 1.5, near - 1, near - 2)), -0.5, 0.5)
    found = _about_two(d) + np.log(product) - np.where(near < 1.5, np.log1p(d), 0) - np.where(near < 0.5, np.log(x), 0)
    return np.asarray(np.where(x < FAR, found, np.where(x == np.inf, np.inf, _stirling(x))))


def _about_two(d: Array) -> Array:
    """log Γ(2 + d) = (1 - Euler's constant) · d + Σ (-1)ⁿ (ζ(n) - 1) · dⁿ / n."""
    total = np.zeros_like(d)
    for n in range(SERIES_TERMS, 1, -1):
        total = (_zeta_less_one()[n] / n).astype(d.dtype) - d * total
    return np.asarray(((1 - EULER).astype(d.dtype) + d * total) * d)


@cache
def _zeta_less_one() -> dict[int, np.longdouble]:
    with localcontext() as context:
        context.prec = 40
        return {n: np.longdouble(str(_zeta_tail(n))) for n in range(2, SERIES_TERMS + 1)}


def _zeta_tail(n: int) -> Decimal:
    """ζ(n) - 1 by Euler and Maclaurin, DLMF 25.2.9, from ``FAR`` on."""
    far = Decimal(FAR)
    power = far**-n
    found = sum(Decimal(k) ** -n for k in range(2, FAR)) + power * far / (n - 1) + power / 2
    factor = power / far
    for k, (over, under) in enumerate(BERNOULLI):
        # n (n + 1) … (n + 2k) / (2k + 2)!
        factor *= Decimal(n + 2 * k) * (n + 2 * k - 1 if k else 1) / ((2 * k + 1) * (2 * k + 2)) / (far**2 if k else 1)
        found += factor * over / under
    return found


def _stirling(x: Array) -> Array:
    rest = _inverse_powers(x, lambda k: (2 * k - 1) * 2 * k)
    return np.asarray((x - 0.5) * (np.log(x) - 1) + (HALF_LOG_TWO_PI - 0.5).astype(x.dtype) + rest * x)


def _inverse_powers(x: Array, divisor: Callable[[int], int]) -> Array:
    """Σ B₂ₖ / (divisor of k) / x²ᵏ."""
    square, total = 1 / (x * x), np.zeros_like(x)
    for k in range(len(BERNOULLI), 0, -1):
        over, under = BERNOULLI[k - 1]
        total = (total + x.dtype.type(over) / (under * divisor(k))) * square
    return total


def _digamma(x: Array) -> Array:
    far, taken = _moved(x, lambda at: 1 / at)
    return np.asarray(
        np.where(x == np.inf, np.inf, np.log(far) - 0.5 / far - _inverse_powers(far, lambda k: 2 * k) - taken)
    )


def _trigamma(x: Array) -> Array:
    far, taken = _moved(x, lambda at: 1 / (at * at))
    return np.asarray((1 + 0.5 / far + _inverse_powers(far, lambda k: 1)) / far + taken)


def _moved(x: Array, term: Callable[[Array], Array]) -> tuple[Array, Array]:
    """``x`` shifted up to where the expansions hold, and the sum of the terms that the recurrence contributes."""
    far, taken = x.copy(), np.zeros_like(x)
    while (low := far < FAR).any():
        taken[low] += term(far[low])
        far[low] += 1
    return far, taken
