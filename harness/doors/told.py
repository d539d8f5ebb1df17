"""A judgement as ``opassay replay`` prints it: allowed error, unjudged elements, known differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from opassay.harness.judge.compare import Judgement
from opassay.harness.judge.facts import applies
from opassay.harness.judge.measure import measure_of
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference
from opassay.harness.model.verdicts import FAILING


def figures(judgement: Judgement) -> Iterator[str]:
    """The largest error, and the number of elements that were not judged."""
    if judgement.rho is not None:
        place = f" at {judgement.worst_index}" if judgement.worst_index else ""
        ulps = "" if judgement.max_ulp is None else f", {judgement.max_ulp:.4g} ulp"
        error = f"largest error {judgement.max_abs_error:.4g}{ulps}"
        yield f"{error}; error ÷ allowed error {judgement.rho:.4g}{place}"
    if judgement.free_elements:
        by_bound = judgement.free_by_bound or 0
        yield (
            f"not judged: {judgement.free_elements:,} of {judgement.elements or 0:,} elements; the contract leaves "
            f"{judgement.free_elements - by_bound:,} free, for {by_bound:,} there is no bound"
        )


def allowed(found: Sequence[Reference], models: Sequence[NumericModel], exact_fill: bool) -> Iterator[str]:
    """The error that was allowed in each output."""
    for reference, model in zip(found, models, strict=True):
        if reference.policy != "unconnected" and reference.exact.size:
            yield f"{reference.name}: {_allowed(reference, model, exact_fill)}"


def _allowed(reference: Reference, model: NumericModel, exact_fill: bool) -> str:
    if not dtypes.is_float(reference.dtype):
        return "no error allowed"
    measure = measure_of(reference, model, exact_fill if reference.integral is None else reference.integral)
    judged = np.broadcast_to(measure.limit.allowed, measure.free.shape)[~measure.free]
    if not judged.size or not judged.any():
        return "no error allowed" if judged.size else "nothing is judged"
    operands = f", operands rounded to {model.inputs}" if model.inputs else ""
    return (
        f"allowed error {judged.min():.3g} to {judged.max():.3g}, "
        f"for sums in {model.accumulator}{operands}{_extra(model)}"
    )


def _extra(model: NumericModel) -> str:
    return f", {model.extra_roundings} further roundings" if model.extra_roundings else ""


def known_lines(
    concerned: Sequence[Fact], covering: Sequence[Fact], case: Case, mode: str, verdict: str
) -> Iterator[str]:
    """The facts that cover the verdict, with owner and reason; or those that concern such cases and did not show."""
    if verdict not in FAILING:
        for fact in concerned:
            if fact.foretells and applies(fact, case, mode):
                flaky = f", which is flaky: {fact.flaky}" if fact.flaky else ""
                yield f"not seen: known difference {fact.id} ({', '.join(fact.verdicts)}){flaky}"
        return
    if not covering:
        yield "new: no known difference covers it"
    for fact in covering:
        source = f" {fact.title}: {fact.url}" if fact.url else ""
        yield f"known: {fact.id}, owner: {fact.owner}. {fact.reason}{source}"
