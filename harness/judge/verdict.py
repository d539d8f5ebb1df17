"""From the outcome of a case to its verdict, in a fixed order of questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.harness.judge.compare import Judgement, compare
from opassay.harness.judge.shapes import judge_shapes
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.outcome import Crashed, NotSupported, Outcome, Raised, Returned, TimedOut, TooLarge
from opassay.harness.model.reference import Reference

TOLD = ("shape", "dtype", "special", "structural", "numeric")
"""The order in which the verdicts of several outputs are considered; the first becomes the record's."""


def judge(case: Case, outcome: Outcome, references: Sequence[Reference], models: Sequence[NumericModel]) -> Judgement:
    """The verdict on one case. ``references`` and ``models`` go by output; unused for the aspect ``error``."""
    if isinstance(outcome, NotSupported):
        return Judgement("unsupported", outcome.reason)
    if isinstance(outcome, Crashed):
        return Judgement("crash", outcome.message or f"the worker ended: {outcome.signal}", error_type=outcome.signal)
    if isinstance(outcome, TimedOut):
        return Judgement("hang", outcome.message or f"no answer within {outcome.limit:g} s")
    if isinstance(outcome, Raised):
        return _raised(case, outcome)
    returned = outcome.described if isinstance(outcome, TooLarge) else describe(outcome)
    if isinstance(outcome, Returned) and outcome.fallback:
        return Judgement("fallback", outcome.fallback)
    if case.aspect == "error":
        return Judgement("accepts", f"rule {case.rule}: returned {returned}")
    if isinstance(outcome, Returned) and outcome.unsteady:
        return Judgement("nondeterministic", f"the same call twice in one process: {outcome.unsteady}")
    if isinstance(outcome, Returned) and outcome.changed:
        return Judgement("structural", outcome.changed)
    if isinstance(outcome, TooLarge):
        return Judgement("shape", f"returned {returned}: more than {outcome.limit} bytes, the most a worker may send")
    if case.aspect == "shape":
        return judge_shapes(outcome, references)
    return _returned(case, outcome, references, models)


def _raised(case: Case, outcome: Raised) -> Judgement:
    text = f"{outcome.type}: {outcome.message}"
    if outcome.origin != "framework":
        return Judgement("fault", f"raised by the {outcome.origin}: {text}", error_type=outcome.type)
    if case.aspect != "error":
        return Judgement("rejects", text, error_type=outcome.type)
    if outcome.fallback:
        return Judgement("fallback", f"{outcome.fallback}; there it raised {text}", error_type=outcome.type)
    return Judgement("pass", text, error_type=outcome.type)


def _returned(
    case: Case, outcome: Returned, references: Sequence[Reference], models: Sequence[NumericModel]
) -> Judgement:
    if len(outcome.arrays) != len(references):
        return Judgement("shape", f"expected {len(references)} outputs, got {len(outcome.arrays)}")
    judged = [
        compare(array, reference, model, case.exact)
        for array, reference, model in zip(outcome.arrays, references, models, strict=True)
    ]
    return combine(judged)


def combine(judged: Sequence[Judgement]) -> Judgement:
    """One judgement for all outputs: the first failing one by ``TOLD``; counts and figures over all.

    An output that the contract leaves free says nothing against the others; one without a bound makes the case
    ``undefined``, or a wrong gradient of sums too long would pass beside a right one.
    """
    if len(judged) == 1:
        return judged[0]
    failing = [j for verdict in TOLD for j in judged if j.verdict == verdict]
    if failing:
        chosen = failing[0]
    else:
        unbounded = [j for j in judged if j.verdict == "undefined" and j.free_by_bound]
        defined = unbounded or [j for j in judged if j.verdict != "undefined"]
        chosen = max(defined or judged, key=lambda j: j.rho or 0.0)
    return Judgement(
        chosen.verdict,
        chosen.message,
        rho=_largest([j.rho for j in judged]),
        max_abs_error=_largest([j.max_abs_error for j in judged]),
        max_ulp=_largest([j.max_ulp for j in judged]),
        bad_elements=_total([j.bad_elements for j in judged]),
        elements=_total([j.elements for j in judged]),
        free_elements=_total([j.free_elements for j in judged]),
        free_by_bound=_total([j.free_by_bound for j in judged]),
        worst_index=chosen.worst_index,
    )


def describe(outcome: Returned) -> str:
    """What was returned, in a few words, for input that should have been refused."""
    return ", ".join("nothing" if a is None else _describe_array(a) for a in outcome.arrays) or "nothing"


def _describe_array(array: np.ndarray) -> str:
    shape = "x".join(str(n) for n in array.shape) or "scalar"
    head = dtypes.widen(array).ravel()[:4]
    dots = ", ..." if array.size > 4 else ""
    return f"{dtypes.dtype_name(array)}[{shape}] = {', '.join(f'{float(v):.6g}' for v in head)}{dots}"


def _largest(values: Sequence[float | None]) -> float | None:
    return max((v for v in values if v is not None), default=None)


def _total(values: Sequence[int | None]) -> int | None:
    known = [v for v in values if v is not None]
    return sum(known) if known else None
