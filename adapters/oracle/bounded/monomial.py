"""Products of powers as one node: a target may multiply and divide in any order, and one bound covers them all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.adapters.oracle.bounded.formats import Formats, settled, sizes
from opassay.adapters.oracle.bounded.profiles import ulps_of
from opassay.adapters.oracle.bounded.real import Real, constant
from opassay.adapters.oracle.bounded.sums import fit
from opassay.harness.model.dtypes import FORMATS

Factor = tuple[Real, int]
"""A number and its exponent, which is not 0."""


def monomial(*factors: Factor) -> Real:
    """The product of all factors, of broadcasting shapes.

    Relative errors add up in any order. A partial product lies between that of all factors below 1 and that of all
    above 1. If the latter overflows, the result is open; an underflow loses up to its size times the factors above 1.
    """
    operands = tuple(x for x, _ in factors)
    powers = [power for _, power in factors]
    with np.errstate(all="ignore"):
        value = _value(operands, powers)

    def local(formats: Formats, *errors: np.ndarray) -> np.ndarray:
        return _error(formats, value, [sizes(x.value) for x in operands], powers, errors)

    return Real(value, operands, local, lambda g, _: [_share(g, factors, i) for i in range(len(factors))])


def _share(g: Real, factors: Sequence[Factor], place: int) -> Real:
    """The cotangent of one factor."""
    x, power = factors[place]
    left = [(y, k - (i == place)) for i, (y, k) in enumerate(factors) if k != (i == place)]
    return fit(monomial((g, 1), (constant(power, x), 1), *left), x.shape)


def _value(operands: Sequence[Real], powers: Sequence[int]) -> np.ndarray:
    """The oracle's formats are wide enough that no partial product of a few ordinary numbers leaves their range."""
    value = np.ones((), dtype=operands[0].value.dtype)
    for x, power in zip(operands, powers, strict=True):
        for _ in range(abs(power)):
            value = value * x.value if power > 0 else value / x.value
    return value


def _error(
    formats: Formats,
    value: np.ndarray,
    size: Sequence[np.ndarray],
    powers: Sequence[int],
    errors: Sequence[np.ndarray],
) -> np.ndarray:
    form = FORMATS[formats.kept]
    own = float(np.finfo(value.dtype).eps) * sum(map(abs, powers))
    log = np.full(value.shape, _roundings(formats, powers) + own)
    above, below, divided = np.zeros(value.shape), np.zeros(value.shape), np.zeros(value.shape)
    for x, power, error in zip(size, powers, errors, strict=True):
        if error.any():
            log = log - abs(power) * np.log1p(-np.minimum(np.where(error == 0, 0, error / x), 1))
        weight = power * np.log2(x)
        above, below = above + np.maximum(weight, 0), below + np.minimum(weight, 0)
        divided = divided + np.maximum(weight, 0) * (power < 0)
    low = below < form.min_exponent + 1
    new = sizes(value) * np.expm1(log) + _underflow(formats, above, below, sum(map(abs, powers)))
    # With no factor below 1, no partial product exceeds the result, so an overflow shows in it.
    beyond = (above > form.max_exponent) & (below < 0)
    if sum(-power for power in powers if power < 0) > 1:
        # A product of divisors that underflows becomes a division by zero.
        beyond |= np.isfinite(value) & (divided >= -form.min_exponent)
    new = np.where(beyond, np.inf, np.where(value == 0, np.where(np.isfinite(log), 0, np.inf), new))
    # Infinity times a partial product flushed to 0 is NaN.
    return settled(value, new, np.where(np.isfinite(log) & ~(low & np.isinf(value)), 0.0, np.inf))


def _underflow(formats: Formats, above: np.ndarray, below: np.ndarray, steps: int) -> np.ndarray:
    """The error of partial products that underflow; ``above``, ``below``: binary logarithms of the factors."""
    form = FORMATS[formats.kept]
    lost = form.smallest_normal if formats.flushes(formats.kept) else form.smallest_subnormal
    grown = np.exp2(np.minimum(above, form.max_exponent + 1))
    return np.where(below < form.min_exponent + 1, steps * lost * grown, 0)


def in_any_order(y: Real, *factors: Factor) -> Real:
    """``y``, a product of these factors in one order: in another order, a partial product may underflow."""
    operands = tuple(x for x, _ in factors)

    def local(formats: Formats, error: np.ndarray, *errors: np.ndarray) -> np.ndarray:
        above, below = np.zeros(y.shape), np.zeros(y.shape)
        with np.errstate(all="ignore"):
            for (x, power), of in zip(factors, errors, strict=True):
                weight = power * np.log2(sizes(x.value) + (of if power > 0 else 0))
                above, below = above + np.maximum(weight, 0), below + np.minimum(weight, 0)
        more = _underflow(formats, above, below, sum(abs(power) for _, power in factors))
        # Infinity times a value flushed to 0 is NaN.
        more = np.where(np.isinf(y.value) & (more > 0), np.inf, more)
        return np.where((y.value == 0) & (error == 0), 0.0, error + more)

    return Real(y.value, (y, *operands), local, lambda g, _: [g, *(None for _ in operands)], either_zero=y.either_zero)


def _roundings(formats: Formats, powers: Sequence[int]) -> float:
    """The logarithm of the largest factor by which all roundings together change the result."""
    divisions = sum(-power for power in powers if power < 0)
    products = sum(abs(power) for power in powers)
    # 16-bit formats may be rounded twice.
    unit = FORMATS[formats.compute].unit_roundoff * (1 + 2.0**-12)
    # An ulp is at most two unit roundoffs.
    steps = [2 * ulps_of("div", formats.functions) * unit] * divisions + [unit] * products
    if formats.kept != formats.compute:
        steps += [FORMATS[formats.kept].unit_roundoff] * (divisions + products)
    return float(-np.log1p(-np.asarray(steps)).sum())
