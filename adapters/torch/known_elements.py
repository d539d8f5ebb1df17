"""What torch does differently in ops that treat each element alone. Free of torch."""

from __future__ import annotations

from opassay.adapters.engines import aten
from opassay.adapters.kernels.elements import gradient, of_floats
from opassay.harness.model.fact import Fact

_SEEN = "torch 2.13.0, CPU"

ELEMENTS = (
    *aten.facts("torch", _SEEN),
    Fact(
        "torch-floor_divide-derivative",
        "by design",
        "torch says that floor_divide has no derivative where others have 0 or none",
        ops=("floor_divide",),
        aspects=("gradient",),
        verdicts=("rejects",),
        when=of_floats,
        versions=_SEEN,
        pins=(gradient("floor_divide"),),
    ),
)
