"""Judging: the oracle's answers, cached for all targets, and how each target computes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np

from opassay.harness.judge.choices import Followed, Under, followed, judge_under, under
from opassay.harness.judge.compare import Judgement
from opassay.harness.judge.several import judge_part
from opassay.harness.judge.verdict import judge
from opassay.harness.model import strict_json
from opassay.harness.model.case import Case
from opassay.harness.model.choice import Follows
from opassay.harness.model.faults import told
from opassay.harness.model.numeric_model import NumericModel, NumericRule, find_model
from opassay.harness.model.op import ContractError, NotJudged, Op, stackable
from opassay.harness.model.outcome import Outcome, Raised, Returned
from opassay.harness.model.reference import Reference
from opassay.harness.model.target import Target
from opassay.harness.run.references import ReferenceCache
from opassay.harness.store.remembered import Remembered, key_of

Answered = tuple[Case, Outcome]

REMEMBERED = ("pass", "undefined")
"""Verdicts that are remembered between runs. Others are rare, and examined in any case."""


class Computes(Protocol):
    """The part of a lane that judging needs."""

    label: str
    rules: tuple[NumericRule, ...]
    target: Target


class Judging:
    """Judges the answers of all targets; ``targets`` is how many of them there are to ask for the same case.

    ``follows``: the choices that adapters declare, by adapter. ``remembered``: right answers of earlier runs.
    """

    def __init__(self, follows: Mapping[str, Sequence[Follows]] | None = None) -> None:
        self._follows = follows or {}
        self._references = ReferenceCache()
        self.remembered = Remembered(None)
        self._rules: dict[str, tuple[Sequence[NumericRule], str]] = {}
        self._models: dict[tuple[str, str, str, str], NumericModel] = {}

    def judge(self, lane: Computes, op: Op, case: Case, outcome: Outcome, targets: int) -> Judgement:
        """The verdict on one answer of one target."""
        try:
            if case.aspect == "error" and not self._references.refusal(op, case, targets):
                text = f"the contract of {op.name} allows this input: it does not break {case.rule!r}"
                return Judgement("fault", text)
            right = self.under(lane, op, case, outcome, targets)
            if right is not None:
                return judge_under(case, outcome, right, lambda found: self.models(lane, op, found))
            if case.aspect == "error" or not isinstance(outcome, Returned):
                return judge(case, outcome, (), ())
            references = self._references.get(op, case, outcome.arrays, targets)
            return judge(case, outcome, references, self.models(lane, op, references))
        except NotJudged as error:
            return Judgement("undefined", str(error))
        except ContractError as error:
            return Judgement("fault", f"the oracle refuses a case meant to be valid: {error}")
        except Exception as error:
            # An error of opassay costs the run this verdict, not all others.
            return Judgement("fault", f"judging the answer raised {told(error)}", error_type=type(error).__name__)

    def under(self, lane: Computes, op: Op, case: Case, outcome: Outcome, targets: int = 1) -> Under | None:
        """What is right under the target's choices; None if they do not concern this answer."""
        chosen = self._followed(lane, op, case)
        if not chosen or not isinstance(outcome, (Returned, Raised)) or case.aspect == "shape":
            return None
        if case.aspect == "error":
            return under(op, case, chosen, outcome)
        if not isinstance(outcome, Returned):
            return None
        return under(op, case, chosen, outcome, self._references.get(op, case, outcome.arrays, targets))

    def choices(self, lane: Computes, op: Op, case: Case) -> tuple[str, ...]:
        """The labels of the choices by which answers of the target to ``case`` are judged."""
        return tuple(followed.label for followed in self._followed(lane, op, case))

    def _followed(self, lane: Computes, op: Op, case: Case) -> Sequence[Followed]:
        follows = self._follows.get(lane.target.adapter, ()) if op.choices else ()
        return followed(op, follows, case, lane.target.mode) if follows else ()

    def judge_all(self, lane: Computes, op: Op, answers: Sequence[Answered], targets: int) -> list[Judgement]:
        """The verdicts on one target's answers to one geometry, equal to those of ``judge``."""
        keys = [self._key(lane, op, case, outcome) for case, outcome in answers]
        found = {key: judgement for key in keys if key and (judgement := self.remembered.get(key, told_again))}
        rest = [position for position, key in enumerate(keys) if key not in found]
        made = self._judge_all(lane, op, [answers[position] for position in rest], targets)
        new = dict(zip(rest, made, strict=True))
        for position, judgement in new.items():
            if keys[position] and (kept := to_keep(judgement)):
                self.remembered.keep(keys[position], kept)
        return [new[position] if position in new else found[key] for position, key in enumerate(keys)]

    def _judge_all(self, lane: Computes, op: Op, answers: Sequence[Answered], targets: int) -> list[Judgement]:
        found = self._together(lane, op, answers, targets)
        return [
            found[position] if position in found else self.judge(lane, op, case, outcome, targets)
            for position, (case, outcome) in enumerate(answers)
        ]

    def _key(self, lane: Computes, op: Op, case: Case, outcome: Outcome) -> str:
        """The key of a remembered judgement; empty if it is not remembered."""
        if not self.remembered.keeps or case.aspect == "error" or not isinstance(outcome, Returned):
            return ""
        return key_of(outcome, op.name, case.id, self.way_of(lane), self.choices(lane, op, case))

    def way_of(self, lane: Computes) -> str:
        """A name for the rules by which the target computes."""
        rules, name = self._rules.get(lane.label, ((), ""))
        if rules is not lane.rules:
            name = blake2b(repr(lane.rules).encode(), digest_size=16).hexdigest()
            self._rules[lane.label] = lane.rules, name
        return name

    def references(self, op: Op, case: Case, outcome: Returned) -> tuple[Reference, ...]:
        """The oracle's references for a case. Raises ``ContractError`` if the oracle has no answer."""
        return self._references.get(op, case, outcome.arrays)

    def _together(self, lane: Computes, op: Op, answers: Sequence[Answered], targets: int) -> dict[int, Judgement]:
        """Verdicts on the answers that oracle and judge can process in one pass, by position."""
        fit = [
            (position, case, outcome)
            for position, (case, outcome) in enumerate(answers)
            if isinstance(outcome, Returned) and stackable(op, case) and not self._followed(lane, op, case)
        ]
        if len(fit) < 2:
            return {}
        try:
            parts = self._references.parts(op, [case for _, case, _ in fit], targets)
        except Exception:
            # Judged alone, each gets its own error.
            return {}
        found: dict[int, Judgement] = {}
        for part in parts:
            positions, cases, outcomes = zip(*(fit[member] for member in part.members), strict=True)
            judged = judge_part(part, cases, outcomes, self.models(lane, op, part.references))
            found.update(zip(positions, judged, strict=True))
        return found

    def models(self, lane: Computes, op: Op, references: Sequence[Reference]) -> list[NumericModel]:
        """How the target computes each of these outputs of ``op``."""
        return [self._model(lane, *(r.computes or (op.name, r.name)), r.dtype) for r in references]

    def _model(self, lane: Computes, op: str, output: str, dtype: str) -> NumericModel:
        key = lane.label, op, output, dtype
        if key not in self._models:
            self._models[key] = find_model(lane.rules, op, output, dtype)
        return self._models[key]


def to_keep(judgement: Judgement) -> list[Any]:
    """The judgement as JSON; empty if it is not remembered, or if JSON cannot hold it."""
    told = [value.item() if isinstance(value, np.generic) else value for value in vars(judgement).values()]
    lacking = any(isinstance(value, float) and not math.isfinite(value) for value in told)
    return [] if lacking or judgement.verdict not in REMEMBERED else told


def told_again(found: Any) -> Judgement:
    """A judgement from its JSON. Raises ``ValueError`` or ``TypeError`` if it is not one."""
    judgement = Judgement(*strict_json.entries(found))
    if judgement.verdict not in REMEMBERED:
        raise ValueError(f"not remembered: {judgement.verdict!r}")
    return judgement
