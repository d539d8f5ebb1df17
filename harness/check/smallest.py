"""From the failing cases to one small case and its cause, if a named mistake is the cause."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from opassay.harness.check.session import Asked, Session
from opassay.harness.hunt.bench import wording
from opassay.harness.hunt.shrink import shrink
from opassay.harness.judge.explain import Answered, explain_all
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.explanation import cause_in
from opassay.harness.model.mistake import Arrays, Mistake, right, same
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference
from opassay.harness.model.verdicts import severity
from opassay.harness.plan.sharpness import question_of

VERDICTS = 120
"""Most verdicts of shrinking, within its time limit."""

TOLD = 8
"""Number of failures that a mistake must reproduce."""


def gravest(failed: Sequence[Asked]) -> Asked:
    """The failure to look at: the gravest verdict, a drawn case before a pin, then the smallest."""
    return min(failed, key=lambda a: (severity(a.judgement.verdict, a.case.empty), a.number < 0, a.case.size))


def smallest(session: Session, first: Asked, failed: Sequence[Asked]) -> Asked:
    """The smallest case that fails as ``first`` does: found within the time limit, or one of ``failed``."""
    until = time.monotonic() + session.budget.shrinking
    seen = {first.case: first}
    words = _words(first)

    def fails(case: Case) -> bool:
        if time.monotonic() > until or not session.to.allows(case):
            return False
        seen[case] = session.ask(case, first.number)
        return _words(seen[case]) == words

    found = shrink(session.op, first.case, session.seed, first.number, fails, VERDICTS)
    shrunk = seen.get(found.case, first)
    alike = [one for one in failed if _words(one) == words and one.case.empty == shrunk.case.empty]
    return min(shrunk, *alike, key=lambda one: one.case.size)


def _words(asked: Asked) -> tuple[str, str]:
    told = asked.judgement
    return told.verdict, wording(told.verdict, told.error_type, told.message)


@dataclass(frozen=True)
class Cause:
    """A named mistake. ``sure``: it reproduces the answers; else they are consistent with it."""

    says: str = ""
    sure: bool = False


def cause(session: Session, failed: Sequence[Asked], mistakes: Sequence[Mistake]) -> Cause:
    """The named mistake that reproduces the answers to all cases in ``failed``, if there is one."""
    told = explain_all(session.op, list(_answered(session, failed)))
    if cause_in(told):
        return Cause(told, True)
    for mistake in mistakes:
        if _made(session, failed, mistake):
            return Cause(f"{mistake.name}: {mistake.says}", False)
    return Cause()


def _answered(session: Session, failed: Sequence[Asked]) -> Iterator[Answered]:
    for one in failed[:TOLD]:
        if isinstance(one.outcome, Returned):
            truth = references(session.op, one.case, one.outcome.arrays)
            yield Answered(one.case, one.outcome, truth, session.models(truth))


def _made(session: Session, failed: Sequence[Asked], mistake: Mistake) -> bool:
    """Whether a kernel with the mistake gives these answers to each case, and they are wrong."""
    kernel, told = mistake.start(), []
    for one in failed[:TOLD]:
        question = question_of(session.op, one.case)
        if one.case.aspect != mistake.aspect or question is None or not isinstance(one.outcome, Returned):
            return False
        answer = kernel(question, right(question.truth))
        told.append(not same(answer, right(question.truth)) and _met(session, one, answer, question.truth))
    return bool(told) and all(told)


def _met(session: Session, one: Asked, answer: Arrays, truth: Sequence[Reference]) -> bool:
    assert isinstance(one.outcome, Returned)
    pairs = list(zip(answer, truth, strict=True))
    if any(a is None or a.shape != r.exact.shape or r.policy == "unconnected" for a, r in pairs):
        return False
    moved = [replace(r, exact=dtypes.widen(a).astype(r.exact.dtype)) for a, r in pairs if a is not None]
    return judge(one.case, one.outcome, moved, session.models(moved)).verdict == "pass"
