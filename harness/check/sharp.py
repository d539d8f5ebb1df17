"""How sharp a check was: which planted mistakes its cases find, and whether zeros would pass them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from opassay.harness.check.session import Asked, Session
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.hypothesis import References
from opassay.harness.model.mistake import Arrays, Mistake
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.sharpness import sought


@dataclass(frozen=True)
class Sharpness:
    """Planted mistakes: ``caught``; ``missed``, though they change an answer; ``idle``, which change none.

    ``blind`` of ``cases``: the cases that an answer of zeros passes.
    """

    caught: Sequence[str]
    missed: Sequence[str]
    idle: Sequence[str]
    blind: int
    cases: int

    @property
    def tried(self) -> int:
        return len(self.caught) + len(self.missed) + len(self.idle)


def sharpness(session: Session, asked: Sequence[Asked], mistakes: Sequence[Mistake]) -> Sharpness:
    """Which of ``mistakes`` the cases in ``asked`` find, within the budget."""
    until = time.monotonic() + session.budget.sharpening
    pairs = [(one.number, one.case) for one in asked if one.judged]

    def sees(case: Case, answer: Arrays, told: Arrays, truth: References, mistake: Mistake) -> bool:
        return judge(case, Returned(answer), truth, session.models(truth)).verdict in FAILING

    aspects = {one.case.aspect for one in asked}
    chosen = [mistake for mistake in mistakes if mistake.aspect in aspects]
    found = []
    for aspect in sorted(aspects):
        own = [m for m in chosen if m.aspect == aspect]
        cases = _in_time([pair for pair in pairs if pair[1].aspect == aspect], until)
        found += sought(session.op, own, cases, {"check": sees})
    blind, told = _blind(session, asked, until + session.budget.sharpening / 2)
    missed = [s for s in found if not s.found]
    return Sharpness(
        [s.mistake.name for s in found if s.found],
        [s.mistake.name for s in missed if s.made is not None],
        [s.mistake.name for s in missed if s.made is None],
        blind,
        told,
    )


def _in_time(pairs: Iterable[tuple[int, Case]], until: float) -> Iterator[tuple[int, Case]]:
    for pair in pairs:
        if time.monotonic() > until:
            return
        yield pair


def _blind(session: Session, asked: Sequence[Asked], until: float) -> tuple[int, int]:
    """How many cases an answer of zeros passes, and of how many."""
    blind = cases = 0
    for one in asked:
        if not one.judged or one.case.empty or time.monotonic() > until:
            continue
        truth = references(session.op, one.case)
        zeros = tuple(None if r.policy == "unconnected" else _zeros(r.exact.shape, r.dtype) for r in truth)
        blind += judge(one.case, Returned(zeros), truth, session.models(truth)).verdict not in FAILING
        cases += 1
    return blind, cases


def _zeros(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.zeros(shape, dtypes.storage(dtype))
