"""What is known of numbers that 32 bits do not hold: steps of windows, and indices. No framework here."""

from __future__ import annotations

from typing import Any

import numpy as np

from opassay.adapters.known_predicates import attributes_of
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

LEAST = 2**31
STEPPED = ("windowed", "conv2d_vjp", "conv2d_transpose_vjp", "avg_pool2d_vjp", "conv2d_input_gradient_law")


def far_steps(case: Case) -> bool:
    """A stride or dilation past 32 bits, which is valid where the window is there but once."""
    how = attributes_of(case)
    return max((*how.get("stride", ()), *how.get("dilation", ())), default=0) >= LEAST


def refused(adapter: str, reason: str, versions: str, **more: Any) -> Fact:
    """Steps that are refused with an error."""
    told: dict[str, Any] = {"owner": "upstream", "ops": STEPPED, "aspects": ("value", "gradient"), **more}
    return Fact(f"{adapter}-far-steps", reason=reason, verdicts=("rejects",), when=far_steps, versions=versions, **told)


def narrowed_index(case: Case) -> bool:
    """Every index that 32 bits do not hold is a place by its last 32."""
    place, extents = _indexed(case)
    indices = case.tensors[place].materialize()
    far = (indices >= LEAST) | (indices < -LEAST)
    narrowed = indices.astype(np.int32)
    return bool(far.any() and ((narrowed >= 0) & (narrowed < extents))[far].all())


def _indexed(case: Case) -> tuple[int, np.ndarray]:
    """Which input holds indices, and the extents that bound them."""
    if case.op == "scatter_nd":
        return 0, np.array(case.attributes["shape"][: case.tensors[0].shape[-1]])
    return 1, np.prod(case.attributes["output_shape"][1:])
