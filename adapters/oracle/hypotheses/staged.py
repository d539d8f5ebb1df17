"""Mistakes in the stages of a program: each stage is evaluated with the mistake, from the target's own inputs to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from opassay.adapters.oracle.cotangent import Cotangents
from opassay.adapters.oracle.hypotheses.question import References
from opassay.adapters.oracle.programs import program_reference, program_vjp
from opassay.adapters.oracle.stages import Arrays, stage_gradients
from opassay.harness.model.hypothesis import VARIANTS, Hypothesis, NoVariant, Question, made_together
from opassay.harness.model.kept import Kept
from opassay.harness.model.op import ContractError
from opassay.harness.model.program import OPERATORS, Stage, stage_ops
from opassay.harness.model.reference import Reference


def staged(mistake: Hypothesis) -> Hypothesis:
    """The mistake in all stages of a program that it concerns; a stage may itself be a gradient."""
    return Hypothesis(
        mistake.name,
        mistake.says,
        lambda question: _answers(mistake, question),
        model=mistake.model,
        looser=mistake.looser,
        general=mistake.general,
        stage=mistake,
    )


def _answers(mistake: Hypothesis, question: Question) -> Iterator[References]:
    """One variant after the other, in all stages at once: outputs are compared one by one."""
    if mistake.ops and not stage_ops(question.attributes) & set(mistake.ops):
        return
    mistakes = (mistake, *_inner(question))
    for variant in range(VARIANTS):
        made = Mistaken(mistakes, variant, question.kept)
        found = _asked(question, made)
        if not made.changed:
            return
        yield found


def _inner(question: Question) -> Iterator[Hypothesis]:
    others, variant = question.inner or ((), 0)
    for other in others:
        # Variant 0 covers all variants of the stages together.
        if other.stage is None or variant:
            raise NoVariant(other.name)
        yield other.stage


def _asked(question: Question, made: Mistaken) -> References:
    attributes, inputs = question.attributes, question.inputs
    if question.gradient:
        return program_vjp(attributes, inputs, question.cotangents, question.answers, made)
    return program_reference(attributes, inputs, question.answers, made)


@dataclass
class Mistaken:
    """Answers of stages under one variant of the mistakes; ``changed``: whether any stage had it."""

    mistakes: Sequence[Hypothesis]
    variant: int
    kept: Kept
    changed: bool = field(default=False, init=False)

    def forward(self, stage: Stage, inputs: Arrays, truth: Sequence[Reference]) -> Sequence[Reference]:
        """The stage's outputs for its inputs."""
        count = len(stage.outputs) if stage.vjp else len(inputs)
        return self._answer(stage, inputs[:count], inputs[count:], truth)

    def backward(
        self, stage: Stage, inputs: Arrays, cotangents: Cotangents, truth: Sequence[Reference]
    ) -> Sequence[Reference]:
        """The stage's gradients; a second derivative uses the op's answer under the same mistake."""
        if stage.vjp:
            return stage_gradients(stage, inputs, cotangents, self)
        return self._answer(stage, inputs, cotangents, truth)

    def _answer(
        self, stage: Stage, inputs: Arrays, cotangents: Cotangents, truth: Sequence[Reference]
    ) -> Sequence[Reference]:
        aspect = "gradient" if len(cotangents) else "value"
        mistakes = [m for m in self.mistakes if m.concerns(stage.op, aspect)]
        if not mistakes or stage.op in OPERATORS:
            return truth
        question = Question(stage.op, stage.attributes, tuple(inputs), tuple(cotangents), tuple(truth), kept=self.kept)
        found = self._variant(mistakes, question)
        if found is None:
            return truth
        self.changed = True
        return tuple(replace(r, computes=r.computes or (stage.op, r.name)) for r in found)

    def _variant(self, mistakes: Sequence[Hypothesis], question: Question) -> References | None:
        try:
            found = next(islice(made_together(mistakes, question), self.variant, None), None)
        except (ContractError, NoVariant):
            return None
        return None if found is None or _of_other_shape(found, question.truth) else tuple(found)


def _of_other_shape(found: Sequence[object], truth: Sequence[object]) -> bool:
    """Whether later stages could not continue with it."""
    shapes = ([getattr(r, "exact", np.zeros(0)).shape for r in references] for references in (found, truth))
    return len(found) != len(truth) or any(a != b for a, b in zip(*shapes, strict=True))
