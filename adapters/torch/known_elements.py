"""What torch does differently in ops that treat each element alone. Free of torch."""

from __future__ import annotations

from opassay.adapters.engines import aten

ELEMENTS = tuple(aten.facts("torch", "torch 2.13.0, CPU"))
