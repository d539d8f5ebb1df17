"""Candidate causes of a difference: the oracle's answer as if it made one certain mistake.

``hypotheses_for`` lists them for one op, the most specific first: a later one may also fit what an earlier one
explains. A new one is a ``Hypothesis`` in one of these modules, and a planted mistake in ``tests/judge``.
"""

from __future__ import annotations

from opassay.adapters.oracle.hypotheses import (
    activations,
    angles,
    approximations,
    attention,
    averages,
    digamma,
    elements,
    ends,
    exp_within,
    float8,
    formulas,
    gradients,
    halves,
    linear,
    losses,
    maxima,
    movement,
    polynomials,
    reductions,
    resizing,
    roots,
    rounding,
    selection,
    softplus,
    staged,
    steps,
    textbook,
    textbook_activations,
    values,
    windows,
    xnnpack,
)
from opassay.harness.model.hypothesis import Hypothesis

ALL: tuple[Hypothesis, ...] = (
    *gradients.HYPOTHESES,
    *windows.HYPOTHESES,
    *averages.HYPOTHESES,
    *linear.HYPOTHESES,
    *selection.HYPOTHESES,
    *maxima.HYPOTHESES,
    *values.HYPOTHESES,
    *rounding.HYPOTHESES,
    *elements.HYPOTHESES,
    *halves.HYPOTHESES,
    *float8.HYPOTHESES,
    *attention.HYPOTHESES,
    *formulas.HYPOTHESES,
    *approximations.HYPOTHESES,
    *roots.HYPOTHESES,
    *ends.HYPOTHESES,
    *steps.HYPOTHESES,
    *activations.HYPOTHESES,
    *softplus.HYPOTHESES,
    *exp_within.HYPOTHESES,
    *losses.HYPOTHESES,
    *digamma.HYPOTHESES,
    *textbook.HYPOTHESES,
    *polynomials.HYPOTHESES,
    *xnnpack.HYPOTHESES,
    *textbook_activations.HYPOTHESES,
    *angles.HYPOTHESES,
    *reductions.HYPOTHESES,
    *movement.HYPOTHESES,
    *resizing.HYPOTHESES,
    *values.PRECISION,
)


PROGRAMS: tuple[Hypothesis, ...] = (
    *gradients.CONNECTION,
    *(staged.staged(mistake) for mistake in ALL if mistake not in gradients.CONNECTION),
)
"""The hypotheses of a program of several ops: of the whole, and of its stages."""


def hypotheses_for(op: str) -> tuple[Hypothesis, ...]:
    """The hypotheses of ``op``, in the order in which they are tried."""
    return tuple(hypothesis for hypothesis in ALL if not hypothesis.ops or op in hypothesis.ops)
