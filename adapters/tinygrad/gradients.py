"""Vector-Jacobian products by ``Tensor.gradient``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opassay.harness.model.adapter import Unconnected, as_tuple


def value_and_vjp(
    fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What ``fn`` returned, and a gradient for each float input: the sum of what each output sends back."""
    outputs = as_tuple(fn(*inputs))
    floating = [i for i, x in enumerate(inputs) if x.is_floating_point()]
    asked = [(y, c) for y, c in zip(outputs, cotangents, strict=True) if c is not None and y.is_floating_point()]
    gradients: list[Any] = [Unconnected] * len(inputs)
    if floating and asked:
        sent = [y.gradient(*(inputs[i] for i in floating), gradient=c) for y, c in asked]
        for i, parts in zip(floating, zip(*sent, strict=True), strict=True):
            gradients[i] = sum(parts[1:], start=parts[0])
    return outputs, tuple(gradients)
