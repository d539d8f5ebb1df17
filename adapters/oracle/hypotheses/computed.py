"""A mistake given as a formula in bounded arithmetic: the rounding errors of its steps bound its answer."""

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
    """The answer, and the gradients, of a target that evaluates ``formula``."""

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
    """16-bit formats are computed in float32 and rounded once."""
    narrow = model.accumulator in ("float16", "bfloat16")
    return replace(model, accumulator="float32", kept="") if narrow else model


def by_formula(
    name: str,
    says: str,
    formulas: Mapping[str, Sequence[Formula]],
    aspects: tuple[str, ...] = ("value", "gradient"),
    **more: Any,
) -> Hypothesis:
    """The mistake of computing these ops by a formula. ``more``: how a target computes, ``looser``."""

    def answers(question: Question) -> Iterator[References]:
        for formula in formulas[question.op]:
            yield from computed_by(partial(formula, **question.attributes))(question)

    return Hypothesis(name, says, answers, tuple(formulas), aspects, independent=True, **more)


def one_or_other(y: Real, other: Real) -> Real:
    """``y`` or ``other``, element by element."""
    with np.errstate(invalid="ignore"):
        apart = np.where(np.isfinite(y.value), sizes(other.value - y.value), 0)
    return Real(y.value, (y, other), lambda _, of_y, of_other: np.maximum(of_y, of_other + apart), span=y.span)
