"""Mistakes of the first and last rounding: into the accumulation format, and from it to the answer's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.bounded.formats import sizes
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference


def _cut(question: Question) -> Iterator[References]:
    found = ask(question)
    if any(_rounded(r) for r in found):
        yield tuple(_cut_off(r) if _rounded(r) else r for r in found)


def _rounded(reference: Reference) -> bool:
    return reference.policy in ("linear", "bounded") and reference.dtype in ("float16", "bfloat16")


def _cut_off(reference: Reference) -> Reference:
    """From a whole ulp below the sum, if truncated, to half of one above it, if rounded."""
    form = dtypes.FORMATS[reference.dtype]
    exact = np.where(np.isfinite(reference.exact), reference.exact, 0)
    unit = np.ldexp(2.0**-form.precision, np.frexp(exact)[1])
    quarter = np.where(exact == 0, 0, np.maximum(unit, form.smallest_subnormal) / 4)
    shifted = np.where(exact == 0, reference.exact, reference.exact - np.copysign(quarter, exact))
    if (allowed := reference.allowed_by) is not None:
        return replace(reference, exact=shifted, allowed_by=lambda model: allowed(model) + quarter)
    slack = quarter if reference.slack is None else reference.slack + quarter
    return replace(reference, exact=shifted, slack=slack, integral=False)


HALF = {"float64": "float32", "int64": "int32", "uint64": "uint32"}
WHOLE = {half: whole for whole, half in HALF.items()}


def _in_32_bits(question: Question) -> Iterator[References]:
    """64-bit data is made 32 bits wide: operands and answer, operands only, sums only, or the answer only, which
    may be stored in 64 bits again."""
    arrays = (*question.inputs, *question.cotangents)
    if any(a is not None and a.dtype.name in HALF for a in arrays):
        with np.errstate(over="ignore"):
            made = [a if a is None else a.astype(HALF.get(a.dtype.name, a.dtype)) for a in arrays]
        count = len(question.inputs)
        narrow = replace(question, inputs=tuple(made[:count]), cotangents=tuple(made[count:]))  # type: ignore[arg-type]
        halved, whole = ask(narrow), ask(question)
        yield halved
        yield _as(WHOLE, halved)
        yield whole
        yield _as(HALF, whole)
        yield tuple(map(_held_in_single, whole))


def _held_in_single(reference: Reference) -> Reference:
    """What is beyond float32 becomes infinite, and what is subnormal there may become 0."""
    if reference.dtype != "float64" or reference.allowed_by is None:
        return reference
    form, size, allowed = dtypes.FORMATS["float32"], sizes(reference.exact), reference.allowed_by
    beyond = (size > form.largest) & np.isfinite(size)
    low = np.where(size < form.smallest_normal, form.smallest_normal, size * form.unit_roundoff)
    exact = np.where(beyond, np.copysign(np.inf, reference.exact), reference.exact)
    return replace(reference, exact=exact, allowed_by=lambda model: np.where(beyond, 0, allowed(model) + low))


def _as(dtype: Mapping[str, str], references: References) -> References:
    return tuple(replace(r, dtype=dtype.get(r.dtype, r.dtype)) for r in references)


def _single(model: NumericModel) -> NumericModel:
    return replace(model, accumulator="float32", kept="", functions="") if model.accumulator == "float64" else model


HYPOTHESES = (
    Hypothesis(
        "cut_not_rounded",
        "results are made the answer's dtype by dropping bits, not by rounding",
        _cut,
        looser=True,
    ),
    Hypothesis(
        "in_32_bits",
        "numbers of 64 bits are made 32 bits wide first",
        _in_32_bits,
        aspects=("value", "gradient", "shape"),
        model=_single,
        looser=True,
    ),
)
