"""What a module of StableHLO follows is what JAX made of the op."""

from __future__ import annotations

from opassay.adapters.jax.choices import FOLLOWS as FOLLOWS
