"""Causes beyond an op's own hypotheses: every named mistake, as a hypothesis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question, References
from opassay.harness.model.mistake import Mistake, right, same
from opassay.harness.model.op import Op
from opassay.harness.model.reference import Reference
from opassay.harness.plan.sharpness import answered_by


def with_mistakes(op: Op, mistakes: Sequence[Mistake]) -> Op:
    """``op`` whose hypotheses are those of ``mistakes`` that are no hypothesis yet.

    Mistakes of a kernel that ``declares`` how it computes are left out: the bound of any other target allows them.
    """
    others = [m for m in mistakes if m.hypothesis is None and not m.declares]
    return replace(op, hypotheses=tuple(_hypothesis(op, mistake) for mistake in others))


def _hypothesis(op: Op, mistake: Mistake) -> Hypothesis:
    def answers(question: Question) -> Iterator[References]:
        told = right(question.truth)
        asked = replace(question, oracle=lambda other: answered_by(op, other))
        made = mistake.start()(asked, told)
        if not same(made, told) and _shapes(made) == _shapes(told):
            yield tuple(map(_moved, question.truth, made))

    return Hypothesis(mistake.name, mistake.says, answers, (mistake.op,), (mistake.aspect,))


def _shapes(arrays: Sequence[np.ndarray | None]) -> list[tuple[int, ...] | None]:
    return [None if array is None else array.shape for array in arrays]


def _moved(reference: Reference, made: np.ndarray | None) -> Reference:
    """The same bounds around another value."""
    if made is None:
        return reference
    return replace(reference, exact=dtypes.widen(made) if dtypes.is_float(reference.dtype) else made)
