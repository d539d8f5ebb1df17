"""Vector-Jacobian products: ``paddle.grad`` in the dynamic graph, ``paddle.static.gradients`` while one is traced.

``to_static`` replaces the first by the second only in code that it rewrites.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import paddle

from opassay.harness.model.adapter import Unconnected, as_tuple


def value_and_vjp(
    fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What ``fn`` returned, and a gradient for each float input."""
    given = [c for c in cotangents if c is not None]
    # Inside another vjp, the gradient is itself differentiated.
    nested = any(not x.stop_gradient for x in (*inputs, *given))
    own = [_source(x, nested) for x in inputs]
    outputs = as_tuple(fn(*own))
    asked = [(y, c) for y, c in zip(outputs, cotangents, strict=True) if c is not None and not y.stop_gradient]
    sources = [x for x in own if _floating(x)]
    if not asked or not sources:
        return outputs, (Unconnected,) * len(own)
    ys, cs = (list(part) for part in zip(*asked, strict=True))
    found = iter(_gradients(ys, sources, cs, nested))
    gradients = [next(found) if _floating(x) else None for x in own]
    return outputs, tuple(Unconnected if g is None else g for g in gradients)


def _gradients(ys: list[Any], sources: list[Any], cs: list[Any], nested: bool) -> Sequence[Any]:
    if not paddle.in_dynamic_mode():
        return paddle.static.gradients(ys, sources, cs)
    return paddle.grad(ys, sources, cs, create_graph=nested, allow_unused=True)


def _source(x: Any, nested: bool) -> Any:
    """``x`` as a separate input of the gradient, even if the same array is passed twice.

    ``detach`` keeps the strides. In a static graph a detached tensor shares memory that Paddle then overwrites.
    """
    if not _floating(x):
        return x
    own = paddle.assign(x) if nested or not paddle.in_dynamic_mode() else x.detach()
    own.stop_gradient = False
    return own


def _floating(x: Any) -> bool:
    return bool(paddle.is_floating_point(x))
