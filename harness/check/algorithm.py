"""Declared algorithms whose errors have a norm-wise bound only, and that bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.harness.find.registry import UsageError, unknown
from opassay.harness.model import dtypes
from opassay.harness.model.op import Op
from opassay.harness.model.reference import Reference

GROWTH = (2 * 1.5 * 3) ** 2
"""How much larger intermediate numbers of F(2x2, 3x3) may be than operands: the largest absolute row sums of its three
matrices, once per dimension. The matrices: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks,
https://arxiv.org/abs/1509.09308, section 4.1."""

ROUNDINGS = 2 * (1 + 3 + 2)
"""Roundings of each number: an addition in B', two additions and a product in G, two additions in A', per dimension."""

GRID = 0.25
"""Transformed integer filters are multiples of this: G halves them once per dimension."""


def _winograd(reference: Reference, inputs: Sequence[np.ndarray]) -> Reference:
    """Norm-wise: the error of every element is bounded by the one that the largest operands allow."""
    if reference.magnitude is None or reference.terms is None:
        return reference
    with np.errstate(all="ignore"):
        largest = [float(np.max(np.abs(dtypes.widen(x)), initial=0)) for x in inputs]
        most = GROWTH * reference.terms.max(initial=0) * largest[0] * largest[1]
    if not np.isfinite(most):
        # A transform subtracts infinities within a tile: the contract leaves every element free.
        return replace(reference, free=np.ones(reference.exact.shape, bool))
    unit = np.asarray(1.0 if reference.unit is None else reference.unit) * GRID
    return replace(
        reference,
        magnitude=np.full(reference.magnitude.shape, most, reference.magnitude.dtype),
        unit=np.broadcast_to(unit, reference.exact.shape),
        roundings=reference.roundings + ROUNDINGS,
    )


ALGORITHMS: Mapping[str, tuple[str, Callable[[Reference, Sequence[np.ndarray]], Reference]]] = {
    "winograd": ("conv2d", _winograd)
}
"""By name: the op, and the function from its reference to the algorithm's."""


def declared(op: Op, name: str) -> Op:
    """``op``, judged for a function that declares this algorithm. Raises ``UsageError`` for an unknown one."""
    if name not in ALGORITHMS:
        raise UsageError(unknown("algorithm", name, ALGORITHMS))
    its, change = ALGORITHMS[name]
    if op.name != its:
        raise UsageError(f"{name} is an algorithm of {its}, not of {op.name}")

    def reference(attributes: Mapping[str, Any], inputs: Sequence[np.ndarray]) -> tuple[Reference, ...]:
        return tuple(change(found, inputs) for found in op.reference(attributes, inputs))

    return replace(op, reference=reference, stacked=None)
