"""Every mistake that opassay knows by name: what kernels get wrong, in public or by one's own experience.

Some of them ``explain`` names as causes: the hypotheses beside this. The others measure how sharp cases and judge are.
Nothing is ever taken out: a mistake that no case shows says what cases lack.
"""

from __future__ import annotations

from opassay.adapters.oracle.mistakes import (
    activations,
    along,
    attention,
    conv,
    elements,
    float8,
    gradients,
    held,
    matmul,
    memory,
    movement,
    named,
    norms,
    pairs,
    places,
    pool,
    products,
    reductions,
    relu,
    resizing,
    scans,
    sized,
    sizes,
    state,
    windowed,
    windows,
)
from opassay.harness.model.mistake import Mistake

WRAPPED: tuple[Mistake, ...] = (
    *conv.MISTAKES,
    *sizes.MISTAKES,
    *gradients.MISTAKES,
    *pool.MISTAKES,
    *places.MISTAKES,
    *matmul.MISTAKES,
    *memory.MISTAKES,
    *held.MISTAKES,
    *relu.MISTAKES,
    *elements.MISTAKES,
    *float8.MISTAKES,
    *pairs.MISTAKES,
    *activations.MISTAKES,
    *norms.MISTAKES,
    *products.MISTAKES,
    *attention.MISTAKES,
    *reductions.MISTAKES,
    *scans.MISTAKES,
    *along.MISTAKES,
    *movement.MISTAKES,
    *state.MISTAKES,
    *windows.MISTAKES,
    *windowed.MISTAKES,
    *resizing.MISTAKES,
    *sized.MISTAKES,
)
"""Those that are no hypothesis."""

ALL: tuple[Mistake, ...] = (*named.MISTAKES, *WRAPPED)
