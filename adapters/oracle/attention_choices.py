"""Definitions of attention in which frameworks differ; each is correct."""

from __future__ import annotations

from collections.abc import Iterator

from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model.choice import Choice
from opassay.harness.model.hypothesis import Hypothesis, Question


def _option(name: str, says: str) -> tuple[str, Hypothesis]:
    def answers(question: Question) -> Iterator[References]:
        yield ask(question.but(unseen=name))

    return name, Hypothesis(f"unseen={name}", says, answers)


UNSEEN = Choice(
    "unseen",
    "What is the answer to a query that sees no key?",
    "zeros",
    dict([_option("nan", "it is NaN"), _option("mean", "it is the mean of all values")]),
)
