"""Differences of TensorFlow in element-wise ops. Does not import TensorFlow."""

from __future__ import annotations

from opassay.adapters.engines.eigen import DEFINITIONS
from opassay.adapters.kernels.elements import endless, mistakes, none_through_8_bits

_SEEN = "tensorflow 2.21.0, CPU"

ELEMENTS = (
    *mistakes("tensorflow", DEFINITIONS, versions=_SEEN),
    endless("tensorflow", _SEEN),
    none_through_8_bits("tensorflow", _SEEN),
)
