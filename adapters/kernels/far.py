"""Facts about numbers beyond 32 bits: strides, dilations, and indices. Imports no framework."""

from __future__ import annotations

from typing import Any

import numpy as np

from opassay.adapters.geometry import spatial_axes
from opassay.adapters.kernels.predicates import Predicate, attributes_of
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

LEAST = 2**31
STEPPED = ("windowed", "conv2d_vjp", "conv2d_transpose_vjp", "avg_pool2d_vjp", "conv2d_input_gradient_law")


def far(name: str) -> Predicate:
    """An entry of the attribute ``name`` beyond 32 bits, which is valid with a single window, or a single tap."""
    return lambda case: max(attributes_of(case).get(name, ()), default=0) >= LEAST


def far_steps(case: Case) -> bool:
    """A stride or a dilation that barely fits into 32 bits, or does not."""
    return max(max(attributes_of(case).get(name, (0,))) for name in ("stride", "dilation")) >= LEAST - 1


def far_strides(adapter: str, versions: str, ops: tuple[str, ...] = STEPPED, **more: Any) -> Fact:
    """Strides beyond 32 bits are refused with an error."""
    told: dict[str, Any] = {"aspects": ("value", "gradient"), "verdicts": ("rejects",), "when": far("stride"), **more}
    reason = "strides are 32-bit integers: 2**31 is refused, or becomes negative"
    return Fact(f"{adapter}-far-strides", "upstream", reason, ops=ops, versions=versions, **told)


def narrowed_index(case: Case) -> bool:
    """Every index beyond 32 bits is truncated to its low 32 bits."""
    place, extents = _indexed(case)
    indices = case.tensors[place].materialize()
    outside, narrowed = (indices >= LEAST) | (indices < -LEAST), indices.astype(np.int32)
    return bool(outside.any() and ((narrowed >= 0) & (narrowed < extents))[outside].all())


def cropped_away(case: Case) -> bool:
    """Negative padding of more rows or columns than the image has."""
    axes = spatial_axes(case.attributes["layout"])
    pads = zip(axes, case.attributes["padding"], strict=True)
    return any(-sum(min(0, pad) for pad in pair) > case.tensors[0].shape[axis] for axis, pair in pads)


def _indexed(case: Case) -> tuple[int, np.ndarray]:
    """Which input holds indices, and the extents that bound them."""
    if case.op == "scatter_nd":
        return 0, np.array(case.attributes["shape"][: case.tensors[0].shape[-1]])
    return 1, np.prod(case.attributes["output_shape"][1:])
