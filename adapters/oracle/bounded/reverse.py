"""Reverse-mode differentiation: the gradients of a graph, as a graph."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.adapters.oracle.bounded.real import Real


def gradients(outputs: Sequence[Real], cotangents: Sequence[Real | None], inputs: Sequence[Real]) -> list[Real | None]:
    """The gradient of ``<cotangents, outputs>`` by each input; None where no differentiable path connects it."""
    if all(cotangent is None for cotangent in cotangents):
        return [None] * len(inputs)
    order = _ordered(outputs)
    needed = _dependent(order, inputs)
    at: dict[int, Real] = {}
    for output, cotangent in zip(outputs, cotangents, strict=True):
        if cotangent is not None:
            _accumulate(at, output, cotangent)
    for node in reversed(order):
        cotangent = at.get(id(node))
        if cotangent is None or node.pull is None or id(node) not in needed:
            continue
        for argument, share in zip(node.args, node.pull(cotangent, node), strict=True):
            if share is not None and id(argument) in needed:
                _accumulate(at, argument, share)
    return [at.get(id(x)) for x in inputs]


def connected(outputs: Sequence[Real], x: Real) -> bool:
    """Whether an output depends on ``x``, if only through steps."""
    return any(node is x for node in _ordered(outputs))


def _accumulate(at: dict[int, Real], node: Real, share: Real) -> None:
    at[id(node)] = at[id(node)] + share if id(node) in at else share


def _ordered(outputs: Sequence[Real]) -> list[Real]:
    """Every node that the outputs depend on, arguments first."""
    order: list[Real] = []
    seen: set[int] = set()
    stack = [(output, False) for output in reversed(outputs)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((argument, False) for argument in node.args)
    return order


def _dependent(order: Sequence[Real], inputs: Sequence[Real]) -> set[int]:
    needed = {id(x) for x in inputs}
    for node in order:
        if any(id(argument) in needed for argument in node.args):
            needed.add(id(node))
    return needed
