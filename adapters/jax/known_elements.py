"""What JAX does differently in ops that treat each element alone. Free of JAX."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.known_elements import divided_by_zero

ELEMENTS = tuple(
    accepted(
        "jax-unchecked",
        "by design",
        "XLA answers a division of integers by 0: nothing can be raised from within a program",
        {"divides": ("DivisorZero",)},
        versions="jax 0.10.2, CPU",
        pins=(divided_by_zero("remainder"), divided_by_zero("floor_divide")),
    )
)
