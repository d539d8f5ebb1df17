"""Differences of torch in element-wise ops. Does not import torch."""

from __future__ import annotations

from opassay.adapters.engines import aten

_SEEN = "torch 2.13.0, CPU"

ELEMENTS = (*aten.facts("torch", _SEEN), aten.share_of_infinity("torch", _SEEN))
