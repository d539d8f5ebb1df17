"""Sensitivity of cases and judge: which named mistakes they find, and with which case first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from opassay.harness.judge.verdict import judge
from opassay.harness.model.case import Case
from opassay.harness.model.hypothesis import Question, References
from opassay.harness.model.mistake import Arrays, Mistake, right, same
from opassay.harness.model.op import ContractError, Op, references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.verdicts import FAILING

Sees = Callable[[Case, Arrays, Arrays, References, Mistake], bool]
"""Whether a comparison sees the difference between an answer and the right one."""


@dataclass
class Sought:
    """A mistake that is looked for. ``made``: the number of the first case on which it changes anything.

    ``found``: the number of the first case by which it is seen, per comparison. Numbers count geometries from 0.
    """

    mistake: Mistake
    made: int | None = None
    found: dict[str, int] | None = None


def judged(case: Case, answer: Arrays, told: Arrays, truth: References, mistake: Mistake) -> bool:
    """Whether opassay's own judge says that the answer fails."""
    models = [mistake.model(reference) for reference in truth]
    return judge(case, Returned(answer), truth, models).verdict in FAILING


def sought(
    op: Op, mistakes: Sequence[Mistake], cases: Iterable[tuple[int, Case]], sees: dict[str, Sees]
) -> list[Sought]:
    """What becomes of each mistake on these numbered cases, which end when every comparison has seen each of them."""
    found = [(Sought(m, found={}), m.start()) for m in mistakes]
    for number, case in cases:
        open_ = [(s, kernel) for s, kernel in found if len(s.found or {}) < len(sees)]
        if not open_:
            break
        question = question_of(op, case)
        told = right(question.truth) if question else ()
        for entry, kernel in open_ if question else ():
            answer = kernel(question, told)  # type: ignore[arg-type]
            if same(answer, told):
                continue
            entry.made = number if entry.made is None else entry.made
            _note(entry, number, case, answer, told, question.truth, sees)  # type: ignore[union-attr]
    return [entry for entry, _ in found]


def kills(op: Op, mistakes: Sequence[Mistake], case: Case) -> list[Mistake]:
    """Those of ``mistakes`` that opassay's own judge sees on one case."""
    question = question_of(op, case)
    if question is None:
        return []
    told = right(question.truth)
    return [m for m in mistakes if _killed(m, question, told, case)]


def _killed(mistake: Mistake, question: Question, told: Arrays, case: Case) -> bool:
    try:
        answer = mistake.start()(question, told)
    except Exception:
        # A kernel copes with drawn cases, but need not with every pin: if it raises, the pin does not find
        # the mistake.
        return False
    assert question.truth is not None
    return not same(answer, told) and judged(case, answer, told, question.truth, mistake)


def _note(
    entry: Sought, number: int, case: Case, answer: Arrays, told: Arrays, truth: References, sees: dict[str, Sees]
) -> None:
    assert entry.found is not None
    for name, look in sees.items():
        if name not in entry.found and look(case, answer, told, truth, entry.mistake):
            entry.found[name] = number


def question_of(op: Op, case: Case) -> Question | None:
    """The case as mistakes are asked it; None where the contract leaves it out."""
    cotangents = case.cotangent_values() if case.aspect == "gradient" else ()
    try:
        truth = references(op, case)
    except ContractError:
        return None
    question = Question(case.op, case.attributes, case.inputs(), cotangents, truth)
    return replace(question, oracle=lambda asked: answered_by(op, asked))


def answered_by(op: Op, question: Question) -> References:
    """The answers of the op's own definition to a question."""
    if question.gradient and op.vjp is not None:
        return tuple(op.vjp(question.attributes, question.inputs, question.cotangents))
    return tuple(op.reference(question.attributes, question.inputs))
