"""Definitions of reductions in which frameworks differ; each is correct. As in ``choices``, by the rule broken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model import dtypes
from opassay.harness.model.choice import Choice
from opassay.harness.model.hypothesis import Hypothesis, Question


def _option(choice: str, name: str, says: str, change: Callable[[Question], Question]) -> tuple[str, Hypothesis]:
    def answers(question: Question) -> Iterator[References]:
        yield ask(change(question))

    return name, Hypothesis(f"{choice}={name}", says, answers, (), ("error",))


def _all(question: Question) -> Question:
    return question.but(axes=tuple(range(question.inputs[0].ndim)))


def _none(question: Question) -> Question:
    """Each element is reduced alone: along an axis of extent 1."""
    x = question.inputs[0]
    return question.but(inputs=(x[None],), axes=(0,), keepdims=False)


def _allowed(question: Question) -> Question:
    return replace(question, allowed=("NothingReduced",))


NO_AXES = Choice(
    "no_axes",
    "What does a reduction over no axes give?",
    "refuse",
    dict(
        [
            _option("no_axes", "all", "it runs over all axes", _all),
            _option("no_axes", "none", "each element is reduced alone", _none),
        ]
    ),
    ("NoAxes",),
)

NOTHING_REDUCED = Choice(
    "nothing_reduced",
    "What is the largest of nothing?",
    "refuse",
    dict([_option("nothing_reduced", "worst", "what any element would beat", _allowed)]),
    ("NothingReduced",),
)


def _nan_passed_over(question: Question) -> Iterator[References]:
    x = question.inputs[0]
    name = dtypes.dtype_name(x)
    if dtypes.is_float(name) and (nowhere := np.isnan(dtypes.widen(x))).any():
        worst = np.inf if question.op.endswith("min") else -np.inf
        yield ask(question.but(inputs=(dtypes.narrow(np.where(nowhere, worst, dtypes.widen(x)), name),)))


NAN_POSITION = Choice(
    "nan_position",
    "Where is the largest, if something is not a number?",
    "at the first NaN",
    {"passed_over": Hypothesis("nan_position=passed_over", "NaN is passed over", _nan_passed_over, (), ("value",))},
)

AXIS_CHOICES = (NO_AXES, NOTHING_REDUCED)


def axis_choices(rules: set[str], traits: Collection[str]) -> tuple[Choice, ...]:
    """The choices about ``rules``, or about ops of ``traits``."""
    here = [choice for choice in AXIS_CHOICES if rules & set(choice.rules)]
    return (*here, *([NAN_POSITION] if "position" in traits else []))
