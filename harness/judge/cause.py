"""The mistake that reproduces an answer which no fact covers. A baseline recognises the difference by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

from opassay.harness.judge.explain import Answered, met_by
from opassay.harness.model.hypothesis import Hypothesis
from opassay.harness.model.op import Op


def cause(op: Op, asked: Answered, known: Iterable[str]) -> str:
    """The first mistake of ``op`` that gives the answer, alone or with one of those ``known``; empty if none does.

    Mistakes judged by the target's own bound are tried before those with a looser one.
    """
    if not asked.differs:
        return ""
    concerned = [h for h in op.hypotheses if h.concerns(op.name, asked.case.aspect)]
    told = set(known)
    beside = [h for h in concerned if h.name in told]
    others = sorted((h for h in concerned if h.name not in told), key=lambda h: h.looser)
    return next((h.name for h, made in _tried(others, beside) if _gives(made, asked)), "")


def _tried(
    others: Sequence[Hypothesis], beside: Sequence[Hypothesis]
) -> Iterator[tuple[Hypothesis, tuple[Hypothesis, ...]]]:
    yield from ((h, (h,)) for h in others)
    yield from ((h, (h, known)) for known in beside for h in others)


def _gives(made: Sequence[Hypothesis], asked: Answered) -> bool:
    return any(met_by(order, asked) is not None for order in permutations(made))
