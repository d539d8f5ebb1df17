"""An op as one function, from which references of answers, gradients and stacked answers are derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from opassay.adapters.oracle.bounded.answers import Define, outputs_of, reference_of
from opassay.adapters.oracle.bounded.real import Real, known
from opassay.adapters.oracle.bounded.reverse import gradients
from opassay.adapters.oracle.cotangent import Arrays, Cotangents, Gradients, check_cotangent
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference, unconnected

Attributes = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Definition:
    """An op of one or several arrays.

    ``bind``: (arrays, attributes by name) -> the op as a function of one ``Real`` per input; raises ``ContractError``
    for what the contract excludes. ``differentiable``: inputs that have a gradient, the first of which has the dtype of
    the answer. ``stacks``: what ``bind`` gives takes arrays with axes of runs before their own. ``linear``: in each of
    the inputs that are differentiable.
    """

    name: str
    inputs: Sequence[str]
    bind: Callable[..., Define]
    differentiable: Sequence[str]
    outputs: tuple[str, ...] = ("y",)
    stacks: bool = False
    linear: bool = False

    def __post_init__(self) -> None:
        OPS[self.name] = self

    def reference(self, attributes: Attributes, inputs: Arrays) -> tuple[Reference, ...]:
        """One ``Reference`` per output."""
        return self._told(self.bind(*inputs, **attributes), inputs)

    def stacked(self, attributes: Attributes, inputs: Arrays) -> tuple[Reference, ...]:
        """The same for several runs, stacked along a first axis of all arrays."""
        return self._told(self.bind(*(x[0] for x in inputs), **attributes), inputs)

    def vjp(self, attributes: Attributes, inputs: Arrays, cotangents: Cotangents) -> Gradients:
        """One ``Reference`` per input: the gradient of ``<cotangents, outputs>``.

        A cotangent has the shape and dtype of its output, or is None; else ``ContractError``. Integers have no
        gradient, nor has what no output with a cotangent depends on.
        """
        leaves = [known(x) for x in inputs]
        outputs = outputs_of(self.bind(*inputs, **attributes), leaves)
        dtype = self._dtype(inputs)
        given = [self._cotangent(y, c, dtype) for y, c in zip(outputs, cotangents, strict=True)]
        found = gradients(outputs, given, leaves)
        return tuple(map(_gradient, self.inputs, inputs, found))

    def values(self, *inputs: np.ndarray, **attributes: Any) -> tuple[np.ndarray, ...]:
        """The outputs as arrays."""
        return tuple(y.value for y in outputs_of(self.bind(*inputs, **attributes), [known(x) for x in inputs]))

    def _told(self, define: Define, inputs: Arrays) -> tuple[Reference, ...]:
        outputs, dtype = outputs_of(define, [known(x) for x in inputs]), self._dtype(inputs)
        return tuple(reference_of(name, dtype, y) for name, y in zip(self.outputs, outputs, strict=True))

    def _dtype(self, inputs: Arrays) -> str:
        return dtypes.dtype_name(inputs[self.inputs.index(self.differentiable[0])])

    def _cotangent(self, y: Real, cotangent: np.ndarray | None, dtype: str) -> Real | None:
        if cotangent is None or y.pull is None or not dtypes.is_float(dtype):
            return None
        return known(check_cotangent(self.name, cotangent, y.shape, dtype))


def _gradient(name: str, x: np.ndarray, gradient: Real | None) -> Reference:
    dtype = dtypes.dtype_name(x)
    return unconnected(f"d{name}", dtype) if gradient is None else reference_of(f"d{name}", dtype, gradient, False)


class Judging(Protocol):
    """What judges an op's answers and gradients: a ``Definition``, or the op's entry in ``cases``.

    ``linear``: as in ``Definition``.
    """

    @property
    def inputs(self) -> Sequence[str]: ...

    @property
    def differentiable(self) -> Sequence[str]: ...

    @property
    def linear(self) -> bool: ...

    def reference(self, attributes: Attributes, inputs: Arrays) -> tuple[Reference, ...]: ...

    def vjp(self, attributes: Attributes, inputs: Arrays, cotangents: Cotangents) -> Gradients: ...


OPS: dict[str, Definition] = {}
"""The oracle's own definitions by op."""

ENTRIES: dict[str, Judging] = {}
"""Entries of ``cases`` for the other ops, once their module is imported."""


def judging(op: str) -> Judging:
    """What judges ``op``; ``ValueError`` for an unknown op."""
    found = OPS.get(op) or ENTRIES.get(op)
    if found is None:
        raise ValueError(f"there is no op {op!r} that a stage of a program could be")
    return found
