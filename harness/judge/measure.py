"""What an output is judged by: expected values, allowed errors, free elements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from opassay.harness.judge import numerics
from opassay.harness.judge.stated import stated_bound
from opassay.harness.model import dtypes
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference


@dataclass(frozen=True, eq=False)
class Measure:
    """All that is known of an output before a target answers; targets that compute alike share it.

    ``free``: what is not judged, and ``by_bound`` what of it the contract does not leave open. ``plain``: every
    element is finite and must be met, and nothing else is asked, so only errors have to be looked at. ``unbounded``:
    why there is no bound.
    """

    dtype: str
    limit: numerics.Bound
    expected: np.ndarray
    free: np.ndarray
    by_bound: np.ndarray
    plain: bool
    unbounded: str = ""

    @cached_property
    def ulp(self) -> np.ndarray:
        """The unit in the last place of each expected value; infinite where that is zero and has no unit."""
        return np.where(self.expected == 0, np.inf, numerics.ulp(self.expected, self.dtype))

    def max_ulp(self, error: np.ndarray, run: int | None = None) -> float | None:
        """The largest error of one run, or of all, in units of the expected value; None if only zeros are missed."""
        if not dtypes.is_float(self.dtype):
            return float(error.max())
        units = self.ulp if run is None else self.ulp[run]
        found = float((error / units.reshape(error.shape)).max())
        return found if found or not error.any() else None

    @cached_property
    def tolerant(self) -> bool:
        """Whether every element may have an error."""
        return bool(self.limit.allowed.all())


_MEASURES: WeakKeyDictionary[Reference, dict[tuple[NumericModel, bool], Measure]] = WeakKeyDictionary()


def measure_of(reference: Reference, model: NumericModel, exact_fill: bool) -> Measure:
    """The measure of an answer, made once per reference and numeric model."""
    known = _MEASURES.setdefault(reference, {})
    if (model, exact_fill) not in known:
        limit = _limits(reference, model, exact_fill)
        expected = _saturated(reference, limit)
        by_contract = mask_of(reference.free, reference) | (limit.undecided & mask_of(reference.opened, reference))
        by_bound = limit.undecided & ~by_contract
        free = by_contract | by_bound
        asks_more = reference.span is not None or reference.signed_zeros is not None
        plain = bool(expected.size) and not free.any() and bool(np.isfinite(expected).all()) and not asks_more
        why = _unbounded(reference, model, limit, by_bound) if by_bound.any() else ""
        known[model, exact_fill] = Measure(reference.dtype, limit, expected, free, by_bound, plain, why)
    return known[model, exact_fill]


def _unbounded(reference: Reference, model: NumericModel, limit: numerics.Bound, by_bound: np.ndarray) -> str:
    """Why no bound can be stated for most of the elements ``by_bound``."""
    if reference.policy == "bounded":
        return f"what is rounded in {model.kept or model.accumulator} inside the op may lose all"
    if 2 * np.count_nonzero(np.isnan(limit.overflow) & by_bound) > np.count_nonzero(by_bound):
        return f"partial sums in {model.accumulator} may overflow"
    terms = np.broadcast_to(numerics.terms_of(reference), by_bound.shape)[by_bound].max()
    return f"of up to {int(terms):,} terms, partial sums in {model.accumulator} may lose all"


def unjudged(name: str, measure: Measure) -> str:
    """Why an output is not judged: nothing is asked of it, or most of it has no bound. Empty if it is judged."""
    size, free, by_bound = measure.free.size, int(measure.free.sum()), int(measure.by_bound.sum())
    asked = size - free + by_bound
    if size and not asked:
        return f"{name}: the contract leaves every element free"
    if 2 * by_bound > asked:
        return f"{name}: no bound can be stated for {by_bound:,} of {size:,} elements: {measure.unbounded}"
    return ""


def _limits(reference: Reference, model: NumericModel, exact_fill: bool) -> numerics.Bound:
    if reference.policy == "linear":
        return numerics.bound(reference, model, exact_fill)
    if reference.policy == "bounded":
        return stated_bound(reference, model)
    return numerics.no_error(reference.exact.shape)


def _saturated(reference: Reference, limit: numerics.Bound) -> np.ndarray:
    """The exact value, infinite where even the smallest right answer overflows the output's dtype."""
    if reference.policy not in ("linear", "bounded"):
        return reference.exact
    with np.errstate(invalid="ignore"):
        beyond = np.abs(reference.exact) - limit.allowed >= numerics.overflow_threshold(reference.dtype)
    if not beyond.any():
        return reference.exact
    return np.where(beyond & np.isfinite(reference.exact), np.copysign(np.inf, reference.exact), reference.exact)


def mask_of(mask: np.ndarray | None, reference: Reference) -> np.ndarray:
    return np.zeros(reference.exact.shape, dtype=bool) if mask is None else mask
