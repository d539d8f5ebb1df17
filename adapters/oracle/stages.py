"""One stage of a program: its answers and its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from opassay.adapters.oracle.cotangent import Cotangents
from opassay.adapters.oracle.definition import judging
from opassay.adapters.oracle.geometry import require
from opassay.adapters.oracle.linear import apply, wide
from opassay.adapters.oracle.total import total
from opassay.harness.model import dtypes
from opassay.harness.model.program import OPERATORS, Stage
from opassay.harness.model.reference import Reference, constant, unconnected

Arrays = Sequence[np.ndarray]


class Answering(Protocol):
    """Replacements of the oracle's answers for stages, given those answers."""

    def forward(self, stage: Stage, inputs: Arrays, truth: Sequence[Reference]) -> Sequence[Reference]: ...

    def backward(
        self, stage: Stage, inputs: Arrays, cotangents: Cotangents, truth: Sequence[Reference]
    ) -> Sequence[Reference]: ...


def stage_references(stage: Stage, inputs: Arrays) -> tuple[Reference, ...]:
    """The expected outputs of the stage for these inputs, one ``Reference`` per output."""
    if stage.vjp:
        count = len(stage.outputs)
        found = judging(stage.op).vjp(stage.attributes, inputs[:count], inputs[count:])
    elif stage.op in OPERATORS:
        found = (_operator(stage.op, *inputs),)
    else:
        found = judging(stage.op).reference(stage.attributes, inputs)
    return tuple(replace(r, computes=(stage.op, r.name)) for r in found)


def stage_gradients(
    stage: Stage, inputs: Arrays, cotangents: Cotangents, instead: Answering | None = None
) -> tuple[Reference, ...]:
    """The expected gradients of the stage's inputs for these cotangents of its outputs.

    ``instead``: an op's answer that a second derivative uses.
    """
    if stage.op in OPERATORS:
        return _operator_gradients(stage.op, inputs, cotangents[0])
    if stage.vjp:
        found = _second_order(stage, inputs, cotangents, instead)
    else:
        found = judging(stage.op).vjp(stage.attributes, inputs, cotangents)
    return tuple(r if r.computes else replace(r, computes=(stage.op, r.name)) for r in found)


def _operator(op: str, a: np.ndarray, b: np.ndarray) -> Reference:
    """A sum or difference, rounded once. bfloat16 may be rounded twice, on the way through float32."""
    require(a.shape == b.shape, f"{op}: both operands must have one shape, got {a.shape} and {b.shape}")
    dtype = dtypes.dtype_name(a)
    exact = apply(np.add if op == "add" else np.subtract, (wide(a), wide(b)))
    if not dtypes.is_float(dtype):
        return Reference("y", dtype, exact)
    magnitude = np.where(np.isfinite(exact), np.abs(exact), 0)
    flushed = np.full(exact.shape, 2.0)
    terms = np.zeros(exact.shape, dtype=np.int64)
    return Reference("y", dtype, exact, policy="linear", magnitude=magnitude, terms=terms, flush=flushed)


def _operator_gradients(op: str, inputs: Arrays, cotangent: np.ndarray | None) -> tuple[Reference, ...]:
    dtype = dtypes.dtype_name(inputs[0])
    if cotangent is None:
        return unconnected("da", dtype), unconnected("db", dtype)
    values = dtypes.widen(cotangent)
    return Reference("da", dtype, values), Reference("db", dtype, values if op == "add" else -values)


def _second_order(
    stage: Stage, inputs: Arrays, cotangents: Cotangents, instead: Answering | None
) -> tuple[Reference, ...]:
    """Gradients of a vector-Jacobian product of an op that is linear in each of its float inputs.

    With f linear in x and w and (dx, dw) its product with dy, <u, dx> + <v, dw> = <dy, f(u, w)> + <dy, f(x, v)>.
    """
    linear = linear_in(stage.op)
    require(bool(linear), f"{stage.op}: its gradient is not differentiated in the contract")
    count = len(stage.outputs)
    operands, dy = list(inputs[:count]), inputs[count]
    asked = [i for i in linear if cotangents[i] is not None]
    found = [constant(f"d{i}", dtypes.dtype_name(value), value.shape) for i, value in enumerate(operands)]
    forward = []
    for i in asked:
        swapped = [cotangents[i] if i == j else value for j, value in enumerate(operands)]
        (once,), back = _once(stage, swapped, dy, instead)  # type: ignore[arg-type]
        forward.append(replace(once, computes=(stage.op, once.name)))
        for j in linear:
            if j != i:
                found[j] = back[j]
    return (*found, total("ddy", forward, dtypes.dtype_name(dy)))


def _once(
    stage: Stage, operands: Arrays, dy: np.ndarray, instead: Answering | None
) -> tuple[Sequence[Reference], Sequence[Reference]]:
    """The op's own answer for these operands, and its gradients."""
    value = judging(stage.op).reference(stage.attributes, operands)
    back = judging(stage.op).vjp(stage.attributes, operands, (dy,))
    if instead is None:
        return value, back
    plain = replace(stage, inputs=stage.inputs[:-1], outputs=("y",), vjp=False)
    return instead.forward(plain, operands, value), instead.backward(plain, operands, (dy,), back)


def linear_in(op: str) -> tuple[int, ...]:
    """The inputs in each of which the op is linear; its gradient may itself be differentiated if there is one."""
    known = judging(op)
    return tuple(i for i, name in enumerate(known.inputs) if known.linear and name in known.differentiable)
