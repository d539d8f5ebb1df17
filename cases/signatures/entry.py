"""From an entry to an op: checks its contract and calls its definition in bounded arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.choices_elements import choices_for
from opassay.adapters.oracle.definition import ENTRIES
from opassay.adapters.oracle.geometry import require
from opassay.adapters.oracle.hypotheses import hypotheses_for
from opassay.cases import tables
from opassay.cases.signatures import draws, rules
from opassay.harness.model import dtypes
from opassay.harness.model.choice import Choice
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.op import Example, Op, Pin
from opassay.harness.model.reference import Reference

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class Attribute:
    """What an attribute means, the values to draw, and whether the contract allows a value."""

    says: str
    values: Sequence[Any]
    allows: Callable[[Any], bool]


@dataclass(frozen=True)
class Entry:
    """One element-wise op.

    ``define``: a function of one ``Real`` per input, and of the attributes by name. ``inputs``: their names; all
    broadcast and have one dtype of ``dtypes``, except those in ``fixed``. ``more``: further rules of the contract.
    ``of_format``: ``define`` takes the name of that dtype as ``dtype``, too.
    """

    numerics: ClassVar[str] = "pointwise"
    linear: ClassVar[bool] = False
    """Its gradient is never differentiated."""

    name: str
    says: str
    define: Callable[..., Any]
    draws: draws.Draws
    inputs: tuple[str, ...]
    traits: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    differentiable: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()
    more: tuple[rules.More, ...] = ()
    of_format: bool = False

    def __post_init__(self) -> None:
        # Programs look up stages in the oracle by name.
        ENTRIES[self.name] = self

    @cached_property
    def dtypes(self) -> frozenset[str]:
        return frozenset(self.draws.dtypes)

    def reference(
        self, attributes: Mapping[str, Any], inputs: Arrays, allowed: Sequence[str] = ()
    ) -> tuple[Reference, ...]:
        """The references for valid input, or input that breaks an ``allowed`` rule; else ``ContractError``."""
        self._check(attributes, inputs, allowed)
        return bounded.references(self._defined(attributes, inputs), inputs, self._answer(attributes, inputs))

    def vjp(
        self, attributes: Mapping[str, Any], inputs: Arrays, cotangents: Sequence[np.ndarray | None]
    ) -> tuple[Reference, ...]:
        """The same of the vector-Jacobian product, by input."""
        self._check(attributes, inputs)
        self._check_cotangent(self._answer(attributes, inputs), cotangents)
        return bounded.vjps(self._defined(attributes, inputs), inputs, cotangents, self.differentiable, self.inputs)

    def _answer(self, attributes: Mapping[str, Any], inputs: Arrays) -> str:
        return self.draws.answer(attributes, dtypes.dtype_name(inputs[-1]))

    def _defined(self, attributes: Mapping[str, Any], inputs: Arrays) -> Callable[..., Any]:
        given = {**attributes, "dtype": dtypes.dtype_name(inputs[-1])} if self.of_format else attributes
        return partial(self.define, **given) if given else self.define

    def _check(self, attributes: Mapping[str, Any], inputs: Arrays, allowed_rules: Sequence[str] = ()) -> None:
        given = [dtypes.dtype_name(x) for x in inputs]
        for i, (name, dtype) in enumerate(zip(self.inputs, given, strict=True)):
            allowed = {self.draws.fixed[i]} if i in self.draws.fixed else self.dtypes
            told = ", ".join(d for d in dtypes.DTYPES if d in allowed)
            require(dtype in allowed, f"{self.name}: {name} is {dtype}; it must be one of {told}")
        free = {dtype for i, dtype in enumerate(given) if i not in self.draws.fixed}
        require(len(free) == 1, f"{self.name}: operands must have one dtype, got {', '.join(given)}")
        self._check_shapes([x.shape for x in inputs])
        for name, attribute in self.attributes.items():
            value = attributes[name]
            require(attribute.allows(value), f"{self.name}: {name} is {attribute.says}, got {value!r}")
        for rule in self.more:
            require(rule.name in allowed_rules or rule.holds(attributes, inputs), f"{self.name}: {rule.says}")

    def _check_shapes(self, shapes: Sequence[tuple[int, ...]]) -> None:
        told = f"{self.name}: extents must be equal or 1, got shapes {', '.join(map(str, shapes))}"
        require(rules.broadcastable(shapes), told)

    def _check_cotangent(self, dtype: str, cotangents: Sequence[np.ndarray | None]) -> None:
        given = [dtypes.dtype_name(c) for c in cotangents if c is not None]
        require(set(given) <= {dtype}, f"{self.name}: a cotangent must have the dtype {dtype}, got {', '.join(given)}")

    def example(self, dtype: str) -> Example | None:
        """A call with ones and small numbers."""
        if dtype not in self.dtypes:
            return None
        kinds = [self.draws.fixed.get(i, dtype) for i in range(len(self.inputs))]
        # No second operand is 0, which may be a divisor.
        shapes = [draws.part((2, 3), how) for how in (self.draws.broadcasts or [("whole",) * len(kinds)])[0]]
        values = (np.arange(math.prod(s)).reshape(s) % (2 + i) + (i > 0) for i, s in enumerate(shapes))
        arrays = tuple(dtypes.narrow(value, kind) for value, kind in zip(values, kinds, strict=True))
        return arrays, self._first()

    def _first(self) -> dict[str, Any]:
        """The simplest attributes for a tensor of shape (2, 3)."""
        return {name: attribute.values[0] for name, attribute in self.attributes.items()}

    def _asked(self, question: Question) -> tuple[Reference, ...]:
        if question.gradient:
            return self.vjp(question.attributes, question.inputs, question.cotangents)
        return self.reference(question.attributes, question.inputs, question.allowed)

    def _mistake(self, known: Hypothesis) -> Hypothesis:
        """A mistake of any op, evaluated by this op's own oracle."""
        return replace(known, answers=lambda question: known.answers(replace(question, oracle=self._asked)))

    def _choice(self, known: Choice) -> Choice:
        return replace(known, options={name: self._mistake(option) for name, option in known.options.items()})

    @property
    def op(self) -> Op:
        """The op for the registry."""
        often = tables.often(draws.EMPTY)
        return Op(
            name=self.name,
            inputs=self.inputs,
            outputs=("y",),
            numerics=self.numerics,
            differentiable=self.differentiable,
            geometries=partial(draws.geometries, self.draws),
            shapes=partial(draws.geometries, self.draws, tables.AS_DRAWN, often),
            reference=self.reference,
            rules=rules.rules_of(self.draws, self.more),
            pins=self.pins,
            attributes={name: attribute.says for name, attribute in self.attributes.items()},
            gradients=partial(draws.gradients, self.draws) if self.differentiable else None,
            vjp=self.vjp if self.differentiable else None,
            traits=(self.numerics, *self.traits),
            says=self.says,
            example=self.example,
            choices=tuple(map(self._choice, choices_for(self.name))),
            hypotheses=tuple(map(self._mistake, hypotheses_for(self.name))),
        )
