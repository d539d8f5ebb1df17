"""The bench: runs one case at a time, alone, on every target."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import tee

import numpy as np

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.causes import with_mistakes
from opassay.harness.judge.compare import Judgement
from opassay.harness.judge.explain import Answered, explain_all, fitting
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.explanation import CONSISTENT, NO_FIT, REPRODUCES, mistake_in
from opassay.harness.model.messages import CHANGED, without_symbols
from opassay.harness.model.op import Op, references
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.reference import Reference
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.plan import Item
from opassay.harness.run.clean import clean_message
from opassay.harness.run.engine import Engine
from opassay.harness.run.kinds import Asked
from opassay.harness.run.lane import Lane

Sign = frozenset[tuple[str, str]]
"""Where a case shows one verdict that no known difference covers: pairs of target label and wording."""

WORDED = ("rejects", "shape", "crash")
"""Verdicts under which one op may have several problems, which only their messages distinguish."""

WORDS = 8


def wording(verdict: str, error_type: str, message: str) -> str:
    """What messages of one problem have in common: the error's type and its first words, without numbers."""
    if message.startswith(CHANGED):
        return CHANGED
    if verdict not in WORDED:
        return ""
    words = re.findall(r"[A-Za-z_]{3,}", without_symbols(clean_message(message)))
    return " ".join([error_type, *words[:WORDS]]) if verdict != "crash" else error_type


class Bench:
    """Runs cases on the workers of a running engine."""

    def __init__(self, engine: Engine, ops: Mapping[str, Op]) -> None:
        self._engine, self._ops = engine, ops
        self._last: tuple[str, list[Asked]] = ("", [])

    def op(self, case: Case) -> Op:
        return self._ops[case.op]

    def ask(self, case: Case) -> list[Asked]:
        """Label, outcome and judgement of every usable target; the case runs alone on each."""
        return list(self._engine.ask(self.op(case), Item(0, case)))

    def sign(self, case: Case, verdict: str) -> Sign:
        """The targets on which the case now shows ``verdict``; for ``nondeterministic``, any difference."""
        asked = self.ask(case)
        self._last = case.id, asked
        return self.sign_of(case, verdict, asked)

    def sign_of(self, case: Case, verdict: str, asked: Collection[Asked]) -> Sign:
        return frozenset(
            # An answer that varies may have another message each time.
            (label, wording(verdict, judgement.error_type, judgement.message))
            for label, outcome, judgement in asked
            if _shows(judgement, verdict) and not self._known(label, case, outcome, judgement)
        )

    def fresh(self, labels: Collection[str]) -> None:
        """Restart the workers of ``labels``."""
        self._engine.use_threads(self.threads(), labels)

    def reset(self) -> None:
        """Drop every question that is still unanswered."""
        self._engine.reset()

    def use_threads(self, count: int) -> None:
        """Restart all workers with so many threads."""
        self._engine.use_threads(count)

    def threads(self) -> int:
        """The number of threads that the workers compute with."""
        return max((lane.threads for lane in self._lanes()), default=1)

    def versions(self, labels: Collection[str]) -> dict[str, str]:
        """The framework's version of each adapter among ``labels``, by adapter."""
        lanes = [lane for lane in self._lanes() if lane.label in labels]
        return {lane.target.adapter: str(lane.hello.get("version", "")) for lane in lanes}

    def lane(self, label: str) -> Lane:
        """The lane of the target with this label."""
        return next(lane for lane in self._lanes() if lane.label == label)

    def explain(self, label: str, op: Op, answers: Iterable[tuple[Case, Returned]]) -> str:
        """The mistake that explains what ``label`` answered to these cases of ``op``: a hypothesis, else any known.

        A general hypothesis is named where no mistake that says more fits as well.
        """
        first, again = tee(self._answered(label, op, case, outcome) for case, outcome in answers)
        words = explain_all(op, first)
        general = mistake_in(words) in {h.name for h in op.hypotheses if h.general}
        if NO_FIT not in words and not general:
            return words
        other = explain_all(with_mistakes(op, Registry().mistakes(op.name)), again)
        if general:
            return words if NO_FIT in other else other
        return other if REPRODUCES in other or CONSISTENT in other else words

    def named(self, label: str, case: Case) -> frozenset[str]:
        """The mistakes that reproduce the answer of ``label`` to ``case``; none if every mistake would."""
        asked = self._last[1] if self._last[0] == case.id else self.ask(case)
        outcome = next(outcome for name, outcome, _ in asked if name == label)
        if not isinstance(outcome, Returned) or case.aspect == "error":
            return frozenset()
        answered = self._answered(label, self.op(case), case, outcome)
        if not answered.differs:
            return frozenset()
        fits = fitting(self.op(case), answered)
        return frozenset(h.name for h in fits.exactly) if fits.telling else frozenset()

    def mistake(self, labels: Sequence[str], case: Case) -> str:
        """The single mistake that reproduces the answers of all ``labels`` to ``case``, under a looser bound if
        needed."""
        made = {self._only(label, case, outcome) for label, outcome, _ in self.ask(case) if label in labels}
        return made.pop() if len(made) == 1 else ""

    def _only(self, label: str, case: Case, outcome: Outcome) -> str:
        if not isinstance(outcome, Returned):
            return ""
        answered = self._answered(label, self.op(case), case, outcome)
        fits = fitting(self.op(case), answered) if answered.differs else None
        close = (fits.exactly or fits.loosely) if fits is not None and fits.telling else ()
        return close[0].name if len(close) == 1 else ""

    def _answered(self, label: str, op: Op, case: Case, outcome: Returned) -> Answered:
        found = references(op, case, outcome.arrays)
        return Answered(case, outcome, found, self._engine.judging.models(self.lane(label), op, found))

    def agree(self, label: str, case: Case, mine: Returned, other: Returned) -> bool:
        """Whether the answer of ``label`` lies within its bound of ``other``'s answer, taken as exact."""
        if case.aspect == "error" or len(mine.arrays) != len(other.arrays):
            return len(mine.arrays) == len(other.arrays)
        op = self.op(case)
        moved = [_moved(r, array) for r, array in zip(references(op, case, other.arrays), other.arrays, strict=False)]
        if any(reference is None for reference in moved) or len(moved) != len(mine.arrays):
            return False
        there = [reference for reference in moved if reference is not None]
        return judge(case, mine, there, self._engine.judging.models(self.lane(label), op, there)).verdict == "pass"

    def _lanes(self) -> list[Lane]:
        return list(self._engine.lanes.values())

    def _known(self, label: str, case: Case, outcome: Outcome, judgement: Judgement) -> bool:
        return bool(self._engine.known.covering(self.lane(label), self.op(case), case, outcome, judgement))


def _moved(reference: Reference, array: np.ndarray | None) -> Reference | None:
    """``reference`` with ``array`` as its exact value; None if values cannot tell the two apart."""
    if array is None or reference.policy == "unconnected":
        return reference if array is None and reference.policy == "unconnected" else None
    if array.shape != reference.exact.shape or dtypes.dtype_name(array) != reference.dtype:
        return None
    exact = dtypes.widen(array) if dtypes.is_float(reference.dtype) else array
    return replace(reference, exact=exact.astype(reference.exact.dtype))


def _shows(judgement: Judgement, verdict: str) -> bool:
    return judgement.verdict in FAILING if verdict == "nondeterministic" else judgement.verdict == verdict


def labels_of(sign: Sign) -> frozenset[str]:
    return frozenset(label for label, _ in sign)
