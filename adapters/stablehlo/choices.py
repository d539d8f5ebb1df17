"""A StableHLO module follows JAX's choices."""

from __future__ import annotations

from opassay.adapters.jax.choices import FOLLOWS as FOLLOWS
