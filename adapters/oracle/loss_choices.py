"""Definitions of losses in which frameworks differ, each correct. As in ``choices``, by the rule that is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model.choice import Choice
from opassay.harness.model.hypothesis import Hypothesis, Question

RULE = "TargetOutOfRange"


def _undefined(question: Question) -> Iterator[References]:
    yield ask(replace(question, allowed=(RULE,)))


def _ignored(question: Question) -> Iterator[References]:
    target = question.inputs[0]
    if target.size and (target == target.flat[0]).all():
        yield ask(question.but(ignore_index=int(target.flat[0])))


TARGETS = Choice(
    "target_out_of_range",
    "What is the loss of a class that there is not?",
    "refuse",
    {
        "nan": Hypothesis("target_out_of_range=nan", "it is NaN", _undefined, (), ("error",)),
        "nothing": Hypothesis("target_out_of_range=nothing", "it is 0", _ignored, (), ("error",)),
    },
    (RULE,),
)
