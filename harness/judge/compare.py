"""One output against its reference: equal shape, equal dtype, special values, then the bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from opassay.harness.judge import numerics, stated
from opassay.harness.judge.measure import Measure, mask_of, measure_of, unjudged
from opassay.harness.model import dtypes
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

BEYOND = "warn: inside the proven bound, but beyond 4*sqrt(n)*u*B"


@dataclass(frozen=True)
class Judgement:
    """A verdict and its figures.

    ``choice`` names the choices under which it was judged. ``elements`` counts all, ``free_elements`` those that were
    not judged: the contract leaves them open, or, as ``free_by_bound`` counts, no bound can be stated for them.
    ``cause`` names the mistake that gives the answer, where it was looked for.
    """

    verdict: str
    message: str = ""
    rho: float | None = None
    max_abs_error: float | None = None
    max_ulp: float | None = None
    bad_elements: int | None = None
    elements: int | None = None
    free_elements: int | None = None
    free_by_bound: int | None = None
    worst_index: str = ""
    error_type: str = ""
    choice: str = ""
    cause: str = ""


def compare(actual: object, reference: Reference, model: NumericModel, exact_fill: bool) -> Judgement:
    """Judge one output. ``model`` says how the target computes; ``exact_fill`` whether the inputs are exact."""
    if reference.policy == "unconnected":
        return _compare_unconnected(actual, reference)
    exact_fill = exact_fill if reference.integral is None else reference.integral
    if not isinstance(actual, np.ndarray):
        given = "none (Unconnected)" if actual is None else type(actual).__name__
        return Judgement("shape", f"{reference.name}: expected an array, got {given}")
    if actual.shape != reference.exact.shape:
        return Judgement("shape", f"{reference.name}: expected shape {reference.exact.shape}, got {actual.shape}")
    if dtypes.dtype_name(actual) != reference.dtype:
        return Judgement("dtype", f"{reference.name}: expected {reference.dtype}, got {dtypes.dtype_name(actual)}")
    reference = _met(actual, reference)
    if dtypes.is_float(reference.dtype):
        return _compare_floats(dtypes.widen(actual), reference, model, exact_fill)
    return _compare_integers(actual, reference)


def _met(actual: np.ndarray, reference: Reference) -> Reference:
    return reference.met_by(dtypes.widen(actual)) if reference.others else reference


def flawless(elements: int, worst_index: str) -> Judgement:
    """The judgement of an output without errors."""
    return Judgement(
        "pass",
        rho=0.0,
        max_abs_error=0.0,
        max_ulp=0.0,
        bad_elements=0,
        elements=elements,
        free_elements=0,
        free_by_bound=0,
        worst_index=worst_index,
    )


def _compare_unconnected(actual: object, reference: Reference) -> Judgement:
    if actual is None:
        return flawless(0, "")
    if not isinstance(actual, np.ndarray):
        return Judgement("shape", f"{reference.name}: expected Unconnected, got {type(actual).__name__}")
    zeros = not np.any(dtypes.widen(actual))
    if reference.zeros_too and zeros and actual.shape == reference.exact.shape:
        return _compare_unconnected(None, reference)
    what, size = "zeros" if zeros else "numbers", int(actual.size)
    return Judgement(
        "shape",
        f"{reference.name}: expected Unconnected, got {what} of shape {actual.shape}",
        bad_elements=size,
        elements=size,
    )


def _compare_integers(actual: np.ndarray, reference: Reference) -> Judgement:
    free = mask_of(reference.free, reference)
    zero = numerics.no_error(actual.shape)
    measure = Measure(reference.dtype, zero, reference.exact, free, zero.undecided, plain=False)
    bad = (actual != reference.exact) & ~free
    error = np.abs(actual.astype(np.float64) - reference.exact.astype(np.float64))
    rho = np.where(bad, np.inf, 0.0)
    return _figures(reference, measure, actual, np.where(free, 0, error), rho, bad, ("structural", ""))


def _compare_plain(actual: np.ndarray, reference: Reference, measure: Measure) -> Judgement | None:
    """The judgement of an answer that is within its bound everywhere; None otherwise."""
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.abs(np.asarray(actual - measure.expected))
        if not error.any():
            first = place(reference.name, (np.intp(0),) * actual.ndim)
            return flawless(int(actual.size), first)
        rho = np.asarray(error / measure.limit.allowed)
        if not measure.tolerant:
            rho[error == 0] = 0
    worst = np.unravel_index(int(np.argmax(rho)), rho.shape)
    # NaN where the answer is not finite.
    if not rho[worst] <= 1:
        return None
    beyond = reference.policy == "linear" and bool((error > measure.limit.heuristic).any())
    return Judgement(
        "pass",
        BEYOND if beyond else "",
        rho=float(rho[worst]),
        max_abs_error=float(error.max()),
        max_ulp=measure.max_ulp(error),
        bad_elements=0,
        elements=int(actual.size),
        free_elements=0,
        free_by_bound=0,
        worst_index=place(reference.name, worst),
    )


def _compare_floats(actual: np.ndarray, reference: Reference, model: NumericModel, exact_fill: bool) -> Judgement:
    measure = measure_of(reference, model, exact_fill)
    quick = _compare_plain(actual, reference, measure) if measure.plain else None
    if quick is not None:
        return quick
    limit, expected, free = measure.limit, measure.expected, measure.free
    special = _special(actual, expected, reference, limit) & ~free
    finite = np.isfinite(actual) & np.isfinite(expected) & ~free & ~special
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.where(finite, np.abs(actual - expected), 0)
        rho = np.where(error == 0, 0, error / limit.allowed)
    # Infinite for special elements only, so that the worst element is one that the message describes.
    rho = np.where(special, np.inf, np.minimum(rho, np.finfo(np.float64).max) if special.any() else rho)
    wrong, outside = finite & (error > limit.allowed), stated.outside(actual, reference) & finite
    rho = np.where(outside & ~special, np.inf, rho)
    wrong |= outside
    if special.any():
        verdict = ("special", describe_special(actual, expected, special, reference.dtype))
    elif outside.any():
        verdict = ("numeric", stated.beyond(reference))
    else:
        verdict = (_sort(reference, limit, wrong, exact_fill), "")
    judgement = _figures(reference, measure, actual, error, rho, special | wrong, verdict)
    if judgement.verdict == "pass" and bool((error > limit.heuristic).any()) and reference.policy == "linear":
        return replace(judgement, message=BEYOND)
    return judgement


def _sort(reference: Reference, limit: numerics.Bound, wrong: np.ndarray, exact_fill: bool) -> str:
    """Under an exact fill a wrong element is structural; in a bounded output only if nothing is rounded."""
    exact = exact_fill and (reference.policy != "bounded" or bool((limit.allowed[wrong] == 0).any()))
    return "structural" if exact else "numeric"


@dataclass(frozen=True, eq=False)
class Marks:
    """An output, element by element: the expected value, the allowed error, and whether the answer is wrong.

    ``loose``: some elements may have other values too, which expected value and allowed error do not tell.
    """

    expected: np.ndarray
    allowed: np.ndarray
    bad: np.ndarray
    loose: bool


def marks(actual: object, reference: Reference, model: NumericModel, exact_fill: bool) -> Marks:
    """The elements as ``compare`` judges them. An answer of another shape, or a missing one, has no wrong element."""
    exact = reference.exact
    fits = isinstance(actual, np.ndarray) and actual.shape == exact.shape
    if fits:
        reference = _met(np.asarray(actual), reference)
        exact = reference.exact
    if not dtypes.is_float(reference.dtype):
        free = mask_of(reference.free, reference)
        bad = (actual != exact) & ~free if fits else np.zeros(exact.shape, dtype=bool)
        return Marks(exact, np.zeros(exact.shape), np.asarray(bad), bool(free.any()))
    exact_fill = exact_fill if reference.integral is None else reference.integral
    measure = measure_of(reference, model, exact_fill)
    limit, expected, free = measure.limit, measure.expected, measure.free
    allowed = np.broadcast_to(limit.allowed, exact.shape)
    bad = np.zeros(exact.shape, dtype=bool)
    if fits:
        values = dtypes.widen(np.asarray(actual))
        with np.errstate(invalid="ignore", over="ignore"):
            far = np.isfinite(values) & np.isfinite(expected) & (np.abs(values - expected) > allowed)
        bad = (_special(values, expected, reference, limit) | far | stated.outside(values, reference)) & ~free
    with np.errstate(invalid="ignore"):
        overflows = np.isfinite(expected) & (np.abs(expected) + allowed >= numerics.overflow_threshold(reference.dtype))
    loose = free.any() or mask_of(reference.may_be_nan, reference).any() or (overflows | (limit.overflow != 0)).any()
    return Marks(expected, allowed, bad, bool(loose))


def _special(actual: np.ndarray, expected: np.ndarray, reference: Reference, limit: numerics.Bound) -> np.ndarray:
    """Where a non-finite value is missing, surplus or another; and what movement and selection do to
    subnormals, and to the signs of zeros that count."""
    if reference.policy == "bounded":
        return stated.special(actual, expected, reference, limit)
    with np.errstate(invalid="ignore"):
        same = (np.isnan(actual) & np.isnan(expected)) | (actual == expected)
        wrong = ~same & ~(np.isfinite(actual) & np.isfinite(expected))
        if reference.policy == "linear":
            may_overflow = np.abs(expected) + limit.allowed >= numerics.overflow_threshold(reference.dtype)
            wrong &= ~(may_overflow & np.isinf(actual) & (np.signbit(actual) == np.signbit(expected)))
            wrong &= ~(np.isinf(actual) & (np.sign(actual) == limit.overflow))
            wrong &= ~(np.isnan(actual) & mask_of(reference.may_be_nan, reference))
            return np.asarray(wrong)
        tiny = dtypes.FORMATS[reference.dtype].smallest_normal
        wrong |= ~same & (np.abs(actual) < tiny) & (np.abs(expected) < tiny)
    return np.asarray(wrong | stated.other_zero(actual, expected, reference, limit))


SPECIALLY = {
    "other sign of zero": "gives a zero of the other sign",
    "NaN dropped": "loses NaN",
    "NaN appeared": "gives NaN where there is none",
    "infinity lost": "loses an infinity",
    "infinity appeared": "gives infinity where there is none",
    "subnormal flushed": "takes a subnormal number for zero",
    "subnormal taken for zero": "gives another subnormal number",
}
"""What happened at a special element: in a few words, and as an issue's title says it."""


def describe_special(actual: np.ndarray, expected: np.ndarray, where: np.ndarray, dtype: str) -> str:
    """What happened at the first special element, in a few words."""
    index = tuple(np.argwhere(where)[0])
    got, wanted = float(actual[index]), float(expected[index])
    if got == wanted:
        return "other sign of zero"
    if np.isnan(wanted):
        return "NaN dropped"
    if np.isnan(got):
        return "NaN appeared"
    if np.isinf(wanted):
        return "infinity lost"
    if np.isinf(got):
        return "infinity appeared"
    return "subnormal flushed" if got == 0 else "subnormal taken for zero"


def _figures(
    reference: Reference,
    measure: Measure,
    actual: np.ndarray,
    error: np.ndarray,
    rho: np.ndarray,
    bad: np.ndarray,
    failing: tuple[str, str],
) -> Judgement:
    size, count, free, expected = int(actual.size), int(bad.sum()), measure.free, measure.expected
    left: Any = {"free_elements": int(free.sum()), "free_by_bound": int(measure.by_bound.sum())}
    why = "" if count else unjudged(reference.name, measure)
    if why:
        return Judgement("undefined", why, elements=size, **left)
    verdict, words = failing if count else ("pass", "")
    worst = np.unravel_index(int(np.argmax(np.where(free, -1, rho))), rho.shape) if size else ()
    message = ""
    if count:
        message = (
            f"{words}{': ' if words else ''}{place(reference.name, worst)} expected {_show(expected[worst])}, got "
        )
        permitted = float(measure.limit.allowed[worst])
        message += f"{_show(actual[worst])} (allowed error {permitted:.3g}); {count} of {size} elements"
    return Judgement(
        verdict,
        message,
        rho=float(rho.max()) if size else 0.0,
        max_abs_error=float(error.max()) if size else 0.0,
        max_ulp=measure.max_ulp(error) if size else 0.0,
        bad_elements=count,
        elements=size,
        worst_index=place(reference.name, worst) if size else "",
        **left,
    )


def place(name: str, index: tuple[np.intp, ...]) -> str:
    """An element of an output, as the results table names it."""
    return f"{name}[{','.join(str(int(i)) for i in index)}]"


def _show(value: object) -> str:
    return f"{float(value):.9g}" if isinstance(value, np.floating) else str(value)
