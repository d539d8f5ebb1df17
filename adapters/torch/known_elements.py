"""Differences of torch in element-wise ops. Does not import torch."""

from __future__ import annotations

from opassay.adapters.engines import aten

ELEMENTS = tuple(aten.facts("torch", "torch 2.13.0, CPU"))
