"""Why a target differs: the oracle is asked again as if the target made one certain mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from harness.judge.compare import marks
from harness.judge.verdict import judge
from harness.model.case import Case
from harness.model.hypothesis import Hypothesis, Question, References
from harness.model.numeric_model import NumericModel
from harness.model.op import Op
from harness.model.outcome import Outcome, Returned
from harness.model.reference import Reference

NO_FIT = "no hypothesis fits"

VARIES = "differs between runs: the same input gives other answers, as memory that nobody wrote does"


def explain(
    op: Op,
    case: Case,
    outcome: Outcome,
    references: Sequence[Reference],
    models: Sequence[NumericModel] = (),
    again: Sequence[Outcome] = (),
) -> str:
    """The first of the op's hypotheses that reproduces the answer, as ``name: what it says``, else ``NO_FIT``.

    To reproduce is to pass the judge, exactly or within the same bound, in every element that is wrong by
    ``references``. ``models``: one per reference, how the target computes; without them, the loosest assumption.
    ``again``: what the target answered to the same case at other times. Empty where there is no answer to explain
    (raised, crashed, invalid input) or nothing is wrong with it.
    """
    if not isinstance(outcome, Returned) or case.aspect == "error":
        return ""
    known = models or [NumericModel(accumulator=reference.dtype) for reference in references]
    if judge(case, outcome, references, known).verdict in ("pass", "undefined"):
        return ""
    if any(not _same(outcome, other) for other in again):
        return VARIES
    for hypothesis in op.hypotheses:
        if hypothesis.concerns(op.name, case.aspect) and fits(hypothesis, case, outcome, references, known):
            return f"{hypothesis.name}: {hypothesis.says}"
    return NO_FIT


def fits(
    hypothesis: Hypothesis, case: Case, outcome: Returned, references: References, models: Sequence[NumericModel]
) -> bool:
    """Whether ``hypothesis`` alone reproduces what is wrong with ``outcome``."""
    wrong = [marks(a, r, m, case.exact).bad for a, r, m in zip(outcome.arrays, references, models, strict=False)]
    changed = [hypothesis.model(model) for model in models]
    return any(
        judge(case, outcome, answers, changed).verdict == "pass" and _decides(answers, wrong)
        for answers in _variants(hypothesis, case, references)
    )


def _variants(hypothesis: Hypothesis, case: Case, truth: References) -> Iterator[References]:
    question = Question(case.op, case.attributes, case.inputs(), case.cotangent_values(), tuple(truth))
    try:
        yield from hypothesis.answers(question)
    except ValueError:
        # The question that the mistake turns this one into has no answer; ContractError is a ValueError.
        return


def _decides(answers: References, wrong: Sequence[np.ndarray]) -> bool:
    """Whether the hypothesis says something of every wrong element."""
    return not any(
        a.free is not None and a.free.shape == bad.shape and bool((a.free & bad).any())
        for a, bad in zip(answers, wrong, strict=False)
    )


def _same(one: Returned, other: Outcome) -> bool:
    """Bit for bit."""
    if not isinstance(other, Returned) or len(one.arrays) != len(other.arrays):
        return False
    return all(_same_array(a, b) for a, b in zip(one.arrays, other.arrays, strict=True))


def _same_array(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
