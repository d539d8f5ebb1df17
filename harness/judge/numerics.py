"""How much error a correct answer may have: derived from the case, never picked.

Sources: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2nd ed., 2002), chapter 3; the dot-product
conformance rule of the TOSA specification, https://www.mlplatform.org/tosa/tosa_spec.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

INPUT_ROUNDING = {"": 0.0, "tf32": 2.0**-10, "bfloat16": 2.0**-8}
"""Largest relative error of an operand that a math mode truncates to this format first."""

INPUT_PRECISION = {"tf32": 11, "bfloat16": 8}
"""Bits of significand, the implicit one counted, of the formats that operands may be rounded to."""


@dataclass(frozen=True, eq=False)
class Bound:
    """``allowed``: absolute error per element. ``undecided``: elements where no statement is possible.

    ``heuristic``: the error that correct kernels stay below in practice; beyond it an answer passes
    with a remark. ``overflow``: the sign of the infinity that is right, too, since partial sums of that sign may leave
    the accumulator's range; NaN where sums of both signs may, so that the element is undecided.
    """

    allowed: np.ndarray
    undecided: np.ndarray
    heuristic: np.ndarray
    overflow: np.ndarray


def gamma(terms: np.ndarray | float, unit_roundoff: float) -> np.ndarray:
    """Higham's gamma_n = n u / (1 - n u); infinite where n u reaches 1."""
    nu = np.asarray(terms, dtype=np.float64) * unit_roundoff
    if nu.size and nu.max() < 1:
        return np.asarray(nu / (1 - nu))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(nu < 1, nu / (1 - nu), np.inf))


def bound(reference: Reference, model: NumericModel, exact_fill: bool) -> Bound:
    """The bound of a ``linear`` reference for a target that computes as ``model`` says."""
    magnitude, terms = _ingredients(reference)
    terms = _once(terms)
    exact = _exact_sums(reference, model) if exact_fill else np.zeros((), dtype=bool)
    if exact_fill and exact.size and bool(exact.all()):
        return no_error(magnitude.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        allowed = _sum_error(reference, model)
        allowed = np.where(magnitude == 0, 0, allowed)
        if reference.slack is not None:
            allowed = allowed + reference.slack
        operands = 2 * INPUT_ROUNDING[model.inputs]
        overflow = _overflow(reference, model)
        # The error is as large as all products together, so that an answer which omits them would pass.
        vacuous = (magnitude > 0) & (_relative_error(reference, model) >= 1) & ~exact
        heuristic = (4 * np.sqrt(np.maximum(terms, 1)) * _unit(model) + operands) * magnitude
        heuristic = heuristic + _underflow(reference, model)
        if reference.divisor is not None:
            allowed, heuristic = _after_division(reference, allowed, heuristic)
        heuristic = heuristic + FORMATS[reference.dtype].unit_roundoff * 2 * np.abs(reference.exact)
        if exact_fill:
            allowed = np.where(exact, 0, allowed)
    # Rounding does not affect a sum that is not finite.
    undecided = np.isnan(overflow) | (np.isfinite(reference.exact) & (vacuous | ~np.isfinite(allowed)))
    return Bound(allowed, undecided, heuristic, np.where(vacuous, 0.0, overflow))


def no_error(shape: tuple[int, ...]) -> Bound:
    """The bound of an output whose elements must all be exact."""
    zero, nowhere = np.broadcast_to(0.0, shape), np.broadcast_to(False, shape)
    return Bound(zero, nowhere, zero, zero)


def _ingredients(reference: Reference) -> tuple[np.ndarray, np.ndarray]:
    if reference.magnitude is None or reference.terms is None:
        raise ValueError(f"the linear reference of {reference.name!r} lacks its magnitude or its term count")
    return reference.magnitude, reference.terms


def terms_of(reference: Reference) -> np.ndarray:
    """How many products each element sums, with extent 1 along axes on which it is the same."""
    return _once(_ingredients(reference)[1])


def _overflow(reference: Reference, model: NumericModel) -> np.ndarray:
    """``Bound.overflow``: 0 where no partial sum may overflow, or it would not matter beside a NaN.

    Partial sums lie between that of the negative products and that of the positive ones, each rounded up once per
    term, and as sure as the oracle's own rounding leaves them. Where the sum is infinite, its finite products may have
    either sign; so they count where operands are rounded first, which may make an infinity of one.
    """
    magnitude, total = _ingredients(reference)[0], _total(reference)
    unsure = magnitude * gamma(terms_of(reference) + 1, _oracle_unit(reference))
    headroom = np.exp((terms_of(reference) + 1) * np.log1p(_unit(model))) + 2 * INPUT_ROUNDING[model.inputs]
    largest, signed = FORMATS[model.accumulator].largest, np.isfinite(total) & (not model.inputs)
    both = (np.where(signed, (magnitude + sign * total) / 2, magnitude) + unsure for sign in (1, -1))
    above, below = (size * headroom > largest for size in both)
    sign = np.where(above & below, np.nan, above.astype(float) - below)
    return np.asarray(np.where(np.isnan(total), 0.0, sign))


def _total(reference: Reference) -> np.ndarray:
    """The exact sum, before it was divided."""
    return reference.exact if reference.divisor is None else reference.exact * reference.divisor


def _once(counts: np.ndarray) -> np.ndarray:
    """``counts`` with extent 1 along each axis on which a broadcast repeats them, so that each is used once."""
    return counts[tuple(slice(1) if stride == 0 else slice(None) for stride in counts.strides)]


def _oracle_unit(reference: Reference) -> float:
    return float(np.finfo(np.result_type(reference.exact, np.float64)).eps) / 2


def _unit(model: NumericModel) -> float:
    return FORMATS[model.accumulator].unit_roundoff


def _sum_error(reference: Reference, model: NumericModel) -> np.ndarray:
    output = FORMATS[reference.dtype]
    magnitude, n = _ingredients(reference)
    n = _once(n)
    total = _total(reference)
    error = (_relative_error(reference, model) + gamma(n, _oracle_unit(reference))) * magnitude
    error = error + _underflow(reference, model)
    if model.accumulator != reference.dtype:
        error = error + output.unit_roundoff * np.abs(np.where(np.isfinite(total), total, 0))
    return np.asarray(error)


def _underflow(reference: Reference, model: NumericModel) -> np.ndarray:
    """The error from values below the smallest normal number, which are rounded there or flushed, in a sum of any
    size."""
    accumulator, output = FORMATS[model.accumulator], FORMATS[reference.dtype]
    n = terms_of(reference)
    error = (n + 1) * accumulator.smallest_subnormal + output.smallest_subnormal
    if model.flushes and model.accumulator != "float16":
        error = error + n * accumulator.smallest_normal
        if reference.flush is not None:
            error = error + accumulator.smallest_normal * reference.flush
    return np.asarray(error)


def _relative_error(reference: Reference, model: NumericModel) -> np.ndarray:
    """The error of a sum, and of its operands, relative to its magnitude."""
    delta = INPUT_ROUNDING[model.inputs]
    roundings = _once(_ingredients(reference)[1]) + 1 + model.extra_roundings + reference.roundings
    summed = (1 + FORMATS[reference.dtype].unit_roundoff) * gamma(roundings, _unit(model))
    return np.asarray(summed + 2 * delta + delta**2)


def _after_division(reference: Reference, allowed: np.ndarray, heuristic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # The division (or the product with a rounded reciprocal) rounds at most twice.
    divisor = _positive(reference.divisor)
    output = FORMATS[reference.dtype]
    rounding = 2 * output.unit_roundoff * np.abs(np.where(np.isfinite(reference.exact), reference.exact, 0))
    extra = np.where(_ingredients(reference)[0] == 0, 0, rounding + output.smallest_subnormal)
    return allowed / divisor + extra, heuristic / divisor + output.smallest_subnormal


def _exact_sums(reference: Reference, model: NumericModel) -> np.ndarray:
    """Where every partial sum, in any order, is an integer that all formats hold; no operand exceeds the largest.

    A partial sum lies between the sum of the negative products and that of the positive ones: (B ± r) / 2.
    """
    precision = min(FORMATS[model.accumulator].precision, FORMATS[reference.dtype].precision)
    precision = min(precision, INPUT_PRECISION.get(model.inputs, precision))
    limit = 2.0**precision if reference.unit is None else 2.0**precision * reference.unit
    with np.errstate(invalid="ignore"):
        exact = (_ingredients(reference)[0] + np.abs(_total(reference))) / 2 <= limit
    if reference.divisor is None:
        return np.asarray(exact)
    mantissa, _ = np.frexp(_positive(reference.divisor))
    return np.asarray(exact & (mantissa == 0.5))


def _positive(divisor: np.ndarray | None) -> np.ndarray:
    return np.ones(()) if divisor is None else np.where(divisor == 0, 1, divisor).astype(np.float64)


def ulp(values: np.ndarray, dtype: str) -> np.ndarray:
    """The unit in the last place of each value's binade in ``dtype``, of the largest for what lies beyond it."""
    form = FORMATS[dtype]
    finite = np.where(np.isfinite(values), values, 0)
    _, exponent = np.frexp(finite)
    binade = np.where(finite == 0, form.min_exponent, exponent - 1).clip(form.min_exponent, form.max_exponent)
    return np.asarray(np.ldexp(1.0, binade - form.precision + 1))


def overflow_threshold(dtype: str) -> np.floating[Any]:
    """Values of at least this magnitude round to infinity; that of float64 is no number of float64."""
    form = FORMATS[dtype]
    wide = np.longdouble if dtype == "float64" else np.float64
    # Infinite where longdouble is no wider, and float64 is not judged.
    with np.errstate(over="ignore"):
        return (wide(2) - wide(2) ** -form.precision) * wide(2) ** form.max_exponent
