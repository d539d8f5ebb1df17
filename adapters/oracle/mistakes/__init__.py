"""Every mistake that opassay knows by name: kernel bugs, public or from experience.

Some are named as causes by ``explain``: the hypotheses in the other folder. The others measure how sharp cases and
judge are. None is ever removed: a mistake that no case shows reveals a gap in the cases.
"""

from __future__ import annotations

from opassay.adapters.oracle.mistakes import (
    activations,
    along,
    attention,
    conv,
    elements,
    float8,
    float8_products,
    gradients,
    held,
    losses,
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
    *float8_products.MISTAKES,
    *pairs.MISTAKES,
    *activations.MISTAKES,
    *norms.MISTAKES,
    *products.MISTAKES,
    *losses.MISTAKES,
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
"""Those that are not hypotheses."""

ALL: tuple[Mistake, ...] = (*named.MISTAKES, *WRAPPED)
