"""The report on answers that were computed elsewhere: which one is off, by how much, and the likely cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from opassay.harness.judge.compare import Judgement, marks, place
from opassay.harness.judge.explain import explain
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.explanation import stated
from opassay.harness.model.mistake import ACCUMULATORS
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import Op, references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference
from opassay.harness.model.verdicts import FAILING

WORST = 3
"""So many of the worst elements are shown."""


def assumed(references: Sequence[Reference]) -> list[NumericModel]:
    """How an answer of which nothing is known is taken to be computed: narrow sums in float32, others in their own."""
    return [NumericModel(ACCUMULATORS.get(r.dtype, r.dtype)) for r in references]


def judged(op: Op, case: Case, answers: Mapping[str, np.ndarray]) -> dict[str, Judgement]:
    """The verdict on each answer, by name."""
    truth = references(op, case)
    models = assumed(truth)
    return {name: judge(case, Returned((array,)), truth, models) for name, array in answers.items()}


def told(op: Op, case: Case, answers: Mapping[str, np.ndarray], verdicts: Mapping[str, Judgement]) -> Iterator[str]:
    """A few lines per answer, then which of them is off."""
    truth = references(op, case)
    for name, array in answers.items():
        judgement = verdicts[name]
        yield f"\n{name}: {judgement.verdict}" + (f": {judgement.message}" if judgement.message else "")
        if judgement.rho is not None:
            yield f"    largest error {judgement.max_abs_error:.4g}; error ÷ allowed error {judgement.rho:.4g}"
        if judgement.verdict in FAILING:
            yield from (f"    {line}" for line in _worst(array, truth[0], assumed(truth)[0], case.exact))
            yield f"    {stated(explain(op, case, Returned((array,)), truth, assumed(truth)))}"
    if len(answers) > 1:
        yield f"\n{_which(verdicts)}"


def _worst(array: np.ndarray, reference: Reference, model: NumericModel, exact_fill: bool) -> Iterator[str]:
    if array.shape != reference.exact.shape or dtypes.dtype_name(array) != reference.dtype:
        return
    found, wide = marks(array, reference, model, exact_fill), dtypes.widen(array)
    with np.errstate(all="ignore"):
        error = np.where(found.bad, np.nan_to_num(np.abs(wide - found.expected), nan=np.inf, posinf=np.inf), -1)
    allowed = np.broadcast_to(found.allowed, error.shape)
    for flat in np.argsort(-error, axis=None)[: min(WORST, int(found.bad.sum()))]:
        index = np.unravel_index(int(flat), error.shape)
        yield (
            f"{place(reference.name, index)}: expected {float(found.expected[index]):.9g}, "
            f"got {float(wide[index]):.9g}, allowed error {float(allowed[index]):.3g}"
        )


def _which(verdicts: Mapping[str, Judgement]) -> str:
    off = [name for name, judgement in verdicts.items() if judgement.verdict in FAILING]
    if not off:
        return "each of them is within its bound: what they differ in is rounding"
    right = [name for name in verdicts if name not in off]
    if not right:
        return "none of them is within its bound"
    return f"off: {', '.join(off)}; within the bound: {', '.join(right)}"
