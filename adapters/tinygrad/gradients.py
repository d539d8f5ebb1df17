"""Vector-Jacobian products by ``Tensor.gradient``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opassay.adapters.gradients import by_tape


def value_and_vjp(
    fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The outputs of ``fn``, and a gradient for each float input: the sum over the outputs."""
    return by_tape(_itself, _gradients, fn, inputs, cotangents, _floating)


def _itself(x: Any) -> Any:
    """A lazy tensor is the record of how it is computed."""
    return x


def _gradients(ys: Sequence[Any], xs: Sequence[Any], cs: Sequence[Any]) -> list[Any]:
    sent = [y.gradient(*xs, gradient=c) for y, c in zip(ys, cs, strict=True)]
    return [sum(parts[1:], start=parts[0]) for parts in zip(*sent, strict=True)]


def _floating(x: Any) -> bool:
    return bool(x.is_floating_point())
