"""Op: what opassay knows about one operator. What its cases are drawn from lives in ``cases``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from opassay.harness.model.case import Case
from opassay.harness.model.hypothesis import Hypothesis
from opassay.harness.model.reference import Reference

if TYPE_CHECKING:
    from opassay.harness.model.choice import Choice

Example = tuple[tuple[np.ndarray, ...], Mapping[str, Any]]
"""Inputs and attributes of a call."""


CLASSES = ("pointwise", "reduction", "arranging")
"""Numerics classes of ops whose cases a signature draws."""


@dataclass(frozen=True)
class Rule:
    """One named way to break the contract. ``cases`` makes a ``Draw`` of Cases that break just it."""

    name: str
    says: str
    cases: Callable[[], Any]


@dataclass(frozen=True)
class Pin:
    """A fixed case with its literal expected outputs, run on every target before generated ones.

    ``expected`` holds one nested list per output (None for a gradient that is ``Unconnected``); it is None for
    a case that must be rejected, and empty where the answer is too large to write down and only the oracle says.
    ``pictures`` names what the report shows: an input, and the output that is an image of the same shape.
    """

    name: str
    case: Case
    expected: tuple[Any, ...] | None
    source: str
    pictures: tuple[str, str] | None = None


@dataclass(frozen=True)
class Op:
    """One operator.

    ``inputs`` and ``outputs`` name tensors in order. ``numerics`` is the class in the table of the numerics policy:
    movement, selection, linear, average, pointwise, reduction, arranging, or program.
    ``differentiable``: inputs that have a
    gradient. ``geometries`` makes a ``Draw`` of ``Geometry``, None for an op of which only the gradient is asked;
    ``reference`` maps
    (attributes, inputs) to one ``Reference`` per output and raises ``ContractError`` on invalid input.
    ``gradients`` makes a draw of ``Geometry`` of the aspect ``gradient``; ``vjp`` maps (attributes, inputs,
    cotangents) to one ``Reference`` per input, named ``d`` and the input's name.

    ``shapes`` makes those of the aspect ``shape``, where these are other ones than ``geometries``.

    A ``staged`` op is a program: it answers every stage, for the aspect ``gradient`` followed by the gradients,
    and both functions take the target's own answers last, since each stage is judged by what it was given.
    ``stacked``: ``reference`` of several runs in one call, for ops that have it: all arrays, given and returned, have
    one more axis, the first.
    ``hypotheses``: what a target that differs may have done, in the order in which they are tried.
    ``choices``: points where several answers are right. ``traits``: what it has in common with other ops, by which
    facts are about it.
    ``says``: what it computes, in a sentence.
    ``example``: a small valid call with inputs of a dtype, None for a dtype that the contract lacks.
    ``variadic``: the input or output whose name stands for any number of them, empty for none.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    numerics: str
    differentiable: tuple[str, ...]
    geometries: Callable[[], Any] | None
    reference: Callable[..., Any]
    rules: tuple[Rule, ...] = ()
    pins: tuple[Pin, ...] = ()
    attributes: Mapping[str, str] | None = None
    gradients: Callable[[], Any] | None = None
    vjp: Callable[..., Any] | None = None
    staged: bool = False
    hypotheses: tuple[Hypothesis, ...] = ()
    shapes: Callable[[], Any] | None = None
    stacked: Callable[..., Any] | None = None
    traits: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    says: str = ""
    example: Callable[[str], Example | None] | None = None
    variadic: str = ""

    def inputs_of(self, case: Case) -> tuple[str, ...]:
        """The names of a case's inputs."""
        return several(self.inputs, len(case.tensors)) if self.variadic in self.inputs else self.inputs

    def outputs_of(self, count: int) -> tuple[str, ...]:
        """The names of so many outputs."""
        return several(self.outputs, count) if self.variadic in self.outputs else self.outputs

    @property
    def of_a_class(self) -> bool:
        """Whether the op belongs to a class whose signature defines all but its formula."""
        return self.numerics in CLASSES

    @property
    def known_as(self) -> frozenset[str]:
        """Its name and its traits, its numerics class among them."""
        return frozenset((self.name, self.numerics, *self.traits))


def several(names: Sequence[str], count: int) -> tuple[str, ...]:
    """``count`` names, of which all that the last of ``names`` stands for are numbered."""
    *fixed, last = names
    return (*fixed, *(f"{last}{i}" for i in range(count - len(fixed))))


def stackable(op: Op, case: Case) -> bool:
    """Whether the oracle can answer ``case`` together with others of its geometry: tame values, no stages."""
    return op.stacked is not None and case.aspect == "value" and all(t.fill.tame(t.dtype) for t in case.tensors)


def stacked_references(op: Op, cases: Sequence[Case]) -> tuple[Reference, ...]:
    """What ``references`` says of all ``cases``, which are ``stackable`` and of one geometry, along a first axis."""
    assert op.stacked is not None
    values = [[tensor.materialize() for tensor in case.tensors] for case in cases]
    return tuple(op.stacked(cases[0].attributes, [np.stack(runs) for runs in zip(*values, strict=True)]))


def references(op: Op, case: Case, answers: Sequence[Any] = ()) -> tuple[Reference, ...]:
    """What the oracle says of ``case``, one ``Reference`` per array that a target returns.

    ``answers`` are a target's own arrays, of which only staged ops make use. Raises ``ContractError`` for input
    outside the contract.
    """
    told = (answers,) if op.staged else ()
    if case.aspect != "gradient":
        return tuple(op.reference(case.attributes, case.inputs(), *told))
    if op.vjp is None:
        raise ContractError(f"{op.name} has no gradient in the contract")
    return tuple(op.vjp(case.attributes, case.inputs(), case.cotangent_values(), *told))


def refusal(op: Op, case: Case) -> str:
    """Why the oracle refuses ``case``, of the aspect ``error``; empty where the contract allows its input."""
    try:
        references(op, case)
    except ContractError as error:
        return str(error)
    return ""


class ContractError(ValueError):
    """Input that an op's contract excludes: what was given, what was expected."""


class NotJudged(RuntimeError):
    """The oracle cannot judge this valid input on this machine."""
