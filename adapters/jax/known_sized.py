"""Differences of JAX in resizing and in answers whose size depends on values. Does not import JAX."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.kernels.shaped import any_case
from opassay.harness.model.fact import Fact

_SEEN = "jax 0.10.2, CPU"

SIZED = (
    Fact(
        "jax-sized-traced",
        "by design",
        "jax.eval_shape traces, and a traced program fixes all extents",
        ops=("sized_by_values",),
        aspects=("shape",),
        verdicts=("rejects",),
        modes=("eager",),
        when=any_case,
        versions=_SEEN,
    ),
    *accepted(
        "jax-unchecked", "by design", "a size of 0 is an empty image", {"resizes": ("SizeZero",)}, versions=_SEEN
    ),
)
