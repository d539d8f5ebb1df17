"""A mistake that is a formula: written in bounded arithmetic, what its steps lose is the bound of what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded.formats import sizes
from opassay.adapters.oracle.hypotheses.question import References
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.numeric_model import NumericModel

Real = bounded.Real
Formula = Callable[..., Real]
VALUE = ("value",)


def computed_by(formula: Formula) -> Callable[[Question], Iterator[References]]:
    """What a target gives that evaluates ``formula``, of values and of gradients."""

    def answers(question: Question) -> Iterator[References]:
        if question.gradient:
            names = [reference.name[1:] for reference in question.truth]
            yield bounded.vjps(formula, question.inputs, question.cotangents, names, names)
        else:
            (truth,) = question.truth
            (made,) = bounded.references(formula, question.inputs, truth.dtype)
            yield (replace(made, span=truth.span),)

    return answers


def in_single(model: NumericModel) -> NumericModel:
    """What is 16 bits wide is computed in float32 and rounded once."""
    narrow = model.accumulator in ("float16", "bfloat16")
    return replace(model, accumulator="float32", kept="") if narrow else model


def by_formula(
    name: str,
    says: str,
    formulas: Mapping[str, Sequence[Formula]],
    aspects: tuple[str, ...] = ("value", "gradient"),
    **more: Any,
) -> Hypothesis:
    """The mistake to compute the ops named by one of their formulas. ``more``: how a target computes, ``looser``."""

    def answers(question: Question) -> Iterator[References]:
        for formula in formulas[question.op]:
            yield from computed_by(partial(formula, **question.attributes))(question)

    return Hypothesis(name, says, answers, tuple(formulas), aspects, independent=True, **more)


def one_or_other(y: Real, other: Real) -> Real:
    """``y``, which may as well be ``other``, element by element."""
    with np.errstate(invalid="ignore"):
        apart = np.where(np.isfinite(y.value), sizes(other.value - y.value), 0)
    return Real(y.value, (y, other), lambda _, of_y, of_other: np.maximum(of_y, of_other + apart), span=y.span)
