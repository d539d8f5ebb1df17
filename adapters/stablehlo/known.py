"""Known differences of the modules that JAX makes, whichever backend runs them. Does not import JAX."""

from __future__ import annotations

from opassay.adapters.kernels.elements import JAX_NUMPY, mistakes

_SEEN = "jax 0.10.2, StableHLO's interpreter"
KNOWN = tuple(mistakes("stablehlo", JAX_NUMPY, versions=_SEEN))
