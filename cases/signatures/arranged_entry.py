"""The class of ops that move, pick and sort elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.geometry import require
from opassay.adapters.oracle.index_choices import index_choices
from opassay.cases import tables
from opassay.cases.signatures import arranged, draws, kinds
from opassay.cases.signatures.entry import Arrays, Attribute, Entry
from opassay.cases.signatures.rules import More
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import LITERAL_LIMIT, WHOLE
from opassay.harness.model.op import ContractError, Example, Op, Pin, Rule, several
from opassay.harness.model.reference import Reference

OWN = {**dict.fromkeys(arranged.INDICES, frozenset({"int32", "int64"})), "condition": frozenset({"bool"})}
"""Dtypes of inputs that are not data, by name."""


@dataclass(frozen=True)
class ArrangedEntry(Entry):
    """One op whose cases are ``Arranged``. ``outputs``: their dtypes by name, "" for that of the data, given last."""

    numerics: ClassVar[str] = "arranging"
    draws: arranged.Arranged
    outputs: Mapping[str, str] | None = None
    variadic: str = ""

    def reference(
        self, attributes: Mapping[str, Any], inputs: Arrays, allowed: Sequence[str] = ()
    ) -> tuple[Reference, ...]:
        self._check(attributes, inputs, allowed)
        shapes = [x.shape for x in inputs]
        count = len(self.draws.answers(attributes, shapes))
        named = self.outputs or {"y": ""}
        data = self._answer(attributes, inputs)
        names = several(tuple(named), count) if self.variadic in named else tuple(named)
        told = [named.get(name, "") or data for name in names]
        return bounded.references(self._defined(attributes, inputs), inputs, told, names)

    def vjp(
        self, attributes: Mapping[str, Any], inputs: Arrays, cotangents: Sequence[np.ndarray | None]
    ) -> tuple[Reference, ...]:
        self._check(attributes, inputs)
        self._check_cotangent(self._answer(attributes, inputs), cotangents)
        names = self._names(len(inputs))
        asked = names if self.variadic in self.inputs else self.differentiable
        return bounded.vjps(self._defined(attributes, inputs), inputs, cotangents, asked, names)

    def _names(self, count: int) -> tuple[str, ...]:
        return several(self.inputs, count) if self.variadic in self.inputs else self.inputs

    def _check(self, attributes: Mapping[str, Any], inputs: Arrays, allowed_rules: Sequence[str] = ()) -> None:
        require(bool(inputs), f"{self.name}: there must be an input, got none")
        self._check_dtypes([dtypes.dtype_name(x) for x in inputs])
        for name, attribute in self.attributes.items():
            value = attributes[name]
            require(attribute.allows(value), f"{self.name}: {name} is {attribute.says}, got {value!r}")
        for rule in self.more:
            holds = rule.name in allowed_rules or _holds(rule, attributes, inputs)
            told = ", ".join(str(x.shape) for x in inputs)
            require(holds, f"{self.name}: {rule.says}; got {dict(attributes)} for shapes {told}")

    def _check_dtypes(self, given: Sequence[str]) -> None:
        free = set()
        for name, dtype in zip(self._names(len(given)), given, strict=True):
            allowed = OWN.get(name, self.dtypes)
            told = ", ".join(d for d in dtypes.DTYPES if d in allowed)
            require(dtype in allowed, f"{self.name}: {name} is {dtype}; it must be one of {told}")
            free |= set() if name in OWN else {dtype}
        require(len(free) < 2, f"{self.name}: operands must have one dtype, got {', '.join(given)}")

    def _small(self, dtype: str) -> Case:
        """The simplest case of a dtype without an extent of 1."""
        rank = max(self.draws.ranks[0], 1)
        own, operands = self.draws.settle((4,) * rank, self.draws.ways[0])
        attributes = {name: values[0] for name, values in self.draws.attributes.items()}
        only = replace(self.draws, dtypes=(dtype,))
        simplest = arranged.geometries(only).simplest.case
        shapes = [arranged.shape_of(operand) for operand in operands]
        given = zip(simplest.tensors, shapes, operands, strict=True)
        tensors = tuple(replace(t, shape=shape, fill=_filled(operand, t)) for t, shape, operand in given)
        return Case(self.name, tensors, {**attributes, **own})

    def example(self, dtype: str) -> Example | None:
        """A call with small numbers."""
        if dtype not in self.dtypes:
            return None
        case = self._small(dtype)
        return case.inputs(), dict(case.attributes)

    def _rules(self) -> tuple[Rule, ...]:
        return tuple(Rule(m.name, m.says, partial(self._spoilt, m)) for m in self.more)

    def _spoilt(self, more: More) -> Draw:
        low = [rank for rank in self.draws.ranks if 0 < rank <= 3] or self.draws.ranks
        ways = [way for way in self.draws.ways if self._written_down(way, max(low))]
        drawn = replace(self.draws, ranks=low, ways=ways, dtypes=more.dtypes or self.draws.dtypes)
        found = arranged.geometries(drawn, tables.AS_DRAWN, tables.NOT_EMPTY, arranged.SMALL)
        return found.map(lambda geometry: replace(more.spoil(geometry.case), aspect="error", rule=more.name))

    def _written_down(self, way: Any, rank: int) -> bool:
        """Whether indices are few enough for a literal."""
        _, operands = self.draws.settle((max(arranged.SMALL),) * rank, way)
        given = (operand for operand in operands if isinstance(operand, arranged.Index))
        return all(math.prod(operand.shape) <= LITERAL_LIMIT for operand in given)

    @property
    def op(self) -> Op:
        often = tables.often(draws.EMPTY)
        plain = super().op
        own = index_choices({rule.name for rule in self.more}, self.traits)
        return replace(
            plain,
            outputs=tuple(self.outputs or {"y": ""}),
            geometries=partial(arranged.geometries, self.draws),
            shapes=partial(arranged.geometries, self.draws, tables.AS_DRAWN, often),
            gradients=partial(arranged.gradients, self.draws) if self.differentiable else None,
            rules=self._rules(),
            choices=(*plain.choices, *map(self._choice, own)),
            variadic=self.variadic,
        )


def _filled(operand: arranged.Operand, tensor: Any) -> Any:
    return operand.fill if isinstance(operand, arranged.Index) else replace(tensor.fill, kind="iota", key=0)


def _holds(rule: More, attributes: Mapping[str, Any], inputs: Arrays) -> bool:
    """Whether the rule holds; False for ranks to which it does not apply."""
    try:
        return bool(rule.holds(attributes, inputs))
    except (IndexError, TypeError, ValueError, ContractError):
        return False


def arranging(
    name: str,
    define: Callable[..., Any],
    says: str,
    settle: arranged.Settle,
    answers: arranged.Answers,
    *,
    inputs: tuple[str, ...] = ("x",),
    ways: Sequence[Any] = ("",),
    attributes: Mapping[str, Attribute] | None = None,
    rules: Sequence[More] = (),
    ranks: Sequence[int] = arranged.RANKS,
    dtypes: Sequence[str] = kinds.ANY,
    values: Sequence[tuple[str, ...]] = arranged.MOVED,
    outputs: Mapping[str, str] | None = None,
    variadic: str = "",
    most: int = 0,
    output: str = "",
    sized: Callable[[Sequence[Tensor]], Sequence[arranged.Shape]] | None = None,
    share: int = WHOLE,
    differentiable: bool = True,
    traits: Sequence[str] = (),
    pins: tuple[Pin, ...] = (),
) -> Op:
    """An op that moves, picks or sorts elements. ``most``: the largest number of inputs, where it varies.

    ``sized``, ``share``: as in ``Arranged``.

    Its answer is not ``differentiable`` either if ``output`` names its dtype, or the attribute in brackets that does.
    """
    own = dict(attributes or {})
    drawn = {key: attribute.values for key, attribute in own.items() if attribute.values}
    fixed = {i: "bool" for i, input in enumerate(inputs) if input == "condition"}
    asked = arranged.Arranged(
        *(name, most or len(inputs), dtypes, (0.0, 1.0), values, kinds.VALUES, fixed, drawn, output),
        settle=settle,
        answers=answers,
        ways=ways,
        ranks=ranks,
        sized=sized,
        share=share,
    )
    has = () if output or not differentiable else tuple(name for name in inputs if name not in OWN)
    entry = ArrangedEntry(
        *(name, says, define, asked, inputs, tuple(traits), own, has, pins, tuple(rules)),
        outputs=outputs,
        variadic=variadic,
    )
    return entry.op
