"""Vector-Jacobian products in the two styles of autodiff: of a function, and by a tape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opassay.harness.model.adapter import Unconnected, as_tuple

Arrays = Sequence[Any]
Function = Callable[..., Any]
Of = Callable[[Any], bool]


def by_pullback(
    pull: Callable[[Function, Arrays, Arrays], Arrays], fn: Function, inputs: Arrays, cotangents: Arrays, floating: Of
) -> tuple[Any, ...]:
    """Gradients by a framework that differentiates functions: ``pull(fn, inputs, cotangents)``, one for each input.

    ``floating``: whether an array has a gradient; all others are constants, and ``Unconnected``.
    """
    moving = [i for i, x in enumerate(inputs) if floating(x)]
    wanted = [i for i, c in enumerate(cotangents) if c is not None]
    gradients: list[Any] = [Unconnected] * len(inputs)

    def outputs(*values: Any) -> tuple[Any, ...]:
        arguments = list(inputs)
        for i, value in zip(moving, values, strict=True):
            arguments[i] = value
        several = as_tuple(fn(*arguments))
        return tuple(several[i] for i in wanted)

    if moving and wanted:
        found = pull(outputs, [inputs[i] for i in moving], [cotangents[i] for i in wanted])
        for i, gradient in zip(moving, found, strict=True):
            gradients[i] = gradient
    return tuple(gradients)


def by_tape(
    watch: Callable[[Any], Any],
    grad: Callable[[Arrays, Arrays, Arrays], Sequence[Any | None]],
    fn: Function,
    inputs: Arrays,
    cotangents: Arrays,
    floating: Of,
    recorded: Of | None = None,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Outputs and gradients by a framework that records computations on the arrays that it watches.

    ``watch(x)`` returns a recorded array with the values of ``x``. ``grad(outputs, inputs, cotangents)`` gives a
    gradient for each input, None for an unconnected one. ``recorded``: whether the record leads to an output; by
    default, every float output is differentiated.
    """
    own = [watch(x) if floating(x) else x for x in inputs]
    outputs, sources = as_tuple(fn(*own)), [x for x in own if floating(x)]
    leads = recorded or floating
    asked = [(y, c) for y, c in zip(outputs, cotangents, strict=True) if c is not None and leads(y)]
    if not asked or not sources:
        return outputs, (Unconnected,) * len(own)
    ys, cs = zip(*asked, strict=True)
    found = iter(grad(ys, sources, cs))
    gradients = [next(found) if floating(x) else None for x in own]
    return outputs, tuple(Unconnected if g is None else g for g in gradients)
