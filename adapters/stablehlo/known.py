"""Known differences of the modules that JAX makes, whichever backend runs them. Does not import JAX."""

from __future__ import annotations

from opassay.adapters.kernels.elements import length_by_quotient

KNOWN = (*length_by_quotient("stablehlo", versions="jax 0.10.2, StableHLO's interpreter"),)
