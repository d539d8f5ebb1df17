"""What MLX's lists of known differences share. Does not import MLX."""

from __future__ import annotations

from opassay.adapters.kernels.predicates import attributes_of
from opassay.harness.model.case import Case

SEEN = "mlx 0.32.4, CPU"
_INT32 = 2**31


def wide(case: Case) -> bool:
    """A stride or a dilation takes more than 32 bits."""
    asked = attributes_of(case)
    return max((*asked.get("stride", ()), *asked.get("dilation", ()))) >= _INT32


def widest(case: Case) -> bool:
    """A stride is the largest number of 32 bits."""
    return max(attributes_of(case)["stride"]) == _INT32 - 1


def dilated_float64(case: Case) -> bool:
    return case.tensors[0].dtype == "float64" and max(attributes_of(case)["dilation"]) > 1


def steep(case: Case) -> bool:
    return float(attributes_of(case)["slope"]) > 1
