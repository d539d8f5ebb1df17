"""Answers judged under the choices that their adapter declares, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from opassay.harness.judge.compare import Judgement
from opassay.harness.judge.verdict import describe, judge
from opassay.harness.model.case import Case
from opassay.harness.model.choice import Follows
from opassay.harness.model.fact import together
from opassay.harness.model.hypothesis import Hypothesis, Question, References
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome, Raised, Returned

Models = Callable[[References], Sequence[NumericModel]]
"""How the target computes each of these outputs."""


@dataclass(frozen=True)
class Followed:
    """A choice as a target follows it: its ``label``, what that answers, and the rules of input that it makes valid."""

    label: str
    option: Hypothesis
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Under:
    """What is right for one answer under choices: their labels, the options, and what these answer."""

    choice: str
    options: tuple[Hypothesis, ...]
    references: References


def followed(op: Op, follows: Sequence[Follows], case: Case, mode: str) -> tuple[Followed, ...]:
    """The target's choices that may change what is right for ``case``."""
    here = {f.choice: f for f in follows if f.applies(case, mode)}
    offered = [(choice, here[choice.name]) for choice in op.choices if choice.name in here]
    found = [Followed(f.label, choice.options[f.option], choice.rules) for choice, f in offered]
    if case.aspect == "error":
        return tuple(f for f in found if f.rules) if any(case.rule in f.rules for f in found) else ()
    return tuple(f for f in found if not f.rules and f.option.concerns(op.name, case.aspect))


def under(op: Op, case: Case, chosen: Sequence[Followed], outcome: Outcome, truth: References = ()) -> Under | None:
    """What is right under ``chosen``; None if they change nothing, or leave the input invalid."""
    answers = tuple(outcome.arrays) if isinstance(outcome, Returned) else ()
    cotangents = case.cotangent_values() if case.aspect == "gradient" else ()
    question = Question(op.name, case.attributes, case.inputs(), cotangents, tuple(truth), answers)
    for some in _orders(case, chosen):
        try:
            found = next(iter(some[0].option.answers(_through(question, some[1:]))), None)
        except ValueError:
            # Also under these the input is invalid; ContractError is a ValueError.
            continue
        if found is not None:
            return Under(together(f.label for f in some), tuple(f.option for f in some), found)
    return None


def _through(question: Question, others: Sequence[Followed]) -> Question:
    """The question under several choices: each transforms it and passes it to the next."""
    return replace(question, inner=(tuple(f.option for f in others), 0)) if others else question


def _orders(case: Case, chosen: Sequence[Followed]) -> Iterator[tuple[Followed, ...]]:
    """Each choice alone, then two together: a cropped image may lack room for a window, which is a choice as well."""
    for count in (1, 2):
        for some in permutations(chosen, count):
            if case.aspect != "error" or case.rule in some[0].rules:
                yield some


def judge_under(case: Case, outcome: Outcome, right: Under, models: Models) -> Judgement:
    """The verdict on an answer that choices concern. Invalid input that they make valid must be answered."""
    if (
        case.aspect == "error"
        and isinstance(outcome, Raised)
        and outcome.origin == "framework"
        and not outcome.fallback
    ):
        text = f"declares {right.choice}, and raised {outcome.type}: {outcome.message}"
        return Judgement("rejects", text, error_type=outcome.type, choice=right.choice)
    if not isinstance(outcome, Returned):
        return judge(case, outcome, right.references, ())
    valid = replace(case, aspect="value", rule="") if case.aspect == "error" else case
    found = judge(valid, outcome, right.references, models(right.references))
    if found.verdict in ("pass", "undefined", "fallback", "nondeterministic") or case.aspect != "error":
        return replace(found, choice=right.choice)
    text = f"rule {case.rule}, declares {right.choice}: {found.message}; returned {describe(outcome)}"
    return replace(found, verdict="accepts", message=text, choice=right.choice)
