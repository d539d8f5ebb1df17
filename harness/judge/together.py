"""Several mistakes in one answer: the smallest set of facts that together give it, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations

from opassay.harness.judge.explain import Answered, met_by
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.hypothesis import Hypothesis
from opassay.harness.model.op import Op
from opassay.harness.model.program import stage_ops

MOST = 3
"""Most mistakes that are combined for one answer. Sets of four would explain anything."""


def smallest_set(facts: Sequence[Fact], op: Op, asked: Answered) -> tuple[Fact, ...]:
    """The first smallest set of ``facts``, all of which name a mistake, that gives the answer; empty: none does.

    Mistakes are made in either order: the outer one changes what the inner one is asked, and what it answers.
    """
    named = {hypothesis.name: hypothesis for hypothesis in op.hypotheses}
    mistakes: dict[str, Fact] = {}
    for fact in facts:
        if fact.reproduces in named and _made_in(named[fact.reproduces], asked.case):
            mistakes.setdefault(fact.reproduces, fact)
    if not mistakes or not asked.differs:
        return ()
    for size in range(1, min(MOST, len(mistakes)) + 1):
        for chosen in combinations(mistakes, size):
            if _gives([named[name] for name in chosen], asked):
                return tuple(mistakes[name] for name in chosen)
    return ()


def _made_in(mistake: Hypothesis, case: Case) -> bool:
    """Whether the mistake concerns the case; of a program, one of its stages."""
    if not mistake.concerns(case.op, case.aspect):
        return False
    inner = mistake.stage
    return inner is None or not inner.ops or bool(stage_ops(case.attributes) & set(inner.ops))


def _gives(mistakes: Sequence[Hypothesis], asked: Answered) -> bool:
    return any(met_by(order, asked) is not None for order in permutations(mistakes))
