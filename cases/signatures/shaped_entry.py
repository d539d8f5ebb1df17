"""The class of ops whose operands have different shapes: norms, products, losses, attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from opassay.adapters.oracle.choices import choices_for
from opassay.adapters.oracle.geometry import require
from opassay.cases import tables
from opassay.cases.signatures import kinds, shaped
from opassay.cases.signatures.entry import Arrays, Attribute, Entry
from opassay.cases.signatures.rules import More
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.choice import Choice
from opassay.harness.model.draw import Draw
from opassay.harness.model.op import Example, Op, Pin, Rule

Fits = Callable[[Sequence[shaped.Shape]], bool]


@dataclass(frozen=True)
class ShapedEntry(Entry):
    """One op whose cases are ``Shaped``. ``fits``: whether the inputs' shapes match, as ``said``.

    ``longer``: rules about shapes that do not match, by name: which axis of which input is one longer.
    """

    numerics: ClassVar[str] = "reduction"
    draws: shaped.Shaped
    fits: Fits = lambda shapes: True
    said: str = ""
    longer: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    own_choices: tuple[Choice, ...] = ()

    def _answer(self, attributes: Mapping[str, Any], inputs: Arrays) -> str:
        return self.draws.answer(attributes, dtypes.dtype_name(inputs[-1]))

    def _check_shapes(self, shapes: Sequence[shaped.Shape]) -> None:
        require(self.fits(shapes), f"{self.name}: {self.said}; got shapes {', '.join(map(str, shapes))}")

    def example(self, dtype: str) -> Example | None:
        """A call with the smallest case without an extent of 1."""
        if dtype not in self.dtypes:
            return None
        rank = max(self.draws.ranks or (len(self.draws.extents),))
        extents = [2] * rank
        shapes = self.draws.shapes(extents, self.draws.ways[0])
        drawn = {name: a.values[0] for name, a in self.attributes.items() if a.values}
        first = self.draws.attributes_of(drawn, extents, self.draws.ways[0])
        return tuple(self._small(i, shapes, first, dtype) for i in range(len(self.inputs))), first

    def _small(
        self, position: int, shapes: Sequence[shaped.Shape], attributes: Mapping[str, Any], dtype: str
    ) -> np.ndarray:
        kind = self.draws.fixed.get(position, dtype)
        if position in self.draws.own:
            return Tensor(shapes[position], kind, self.draws.own[position](shapes, attributes)).materialize()
        count = int(np.prod(shapes[position]))
        return dtypes.narrow(np.arange(count).reshape(shapes[position]) % (3 + position), kind)

    def _rules(self) -> tuple[Rule, ...]:
        longer = [
            Rule(name, self.said, partial(self._spoilt, name, partial(_longer, *at)))
            for name, at in self.longer.items()
        ]
        return (
            *longer,
            *(Rule(rule.name, rule.says, partial(self._spoilt, rule.name, rule.spoil)) for rule in self.more),
        )

    def _spoilt(self, name: str, spoil: Callable[[Case], Case]) -> Draw:
        # An extent of 1 would broadcast.
        several = [tuple(n for n in table if n > 1) or table for table in self.draws.extents]
        drawn = shaped.geometries(replace(self.draws, extents=several), tables.AS_DRAWN, tables.NOT_EMPTY)
        return drawn.map(lambda geometry: replace(spoil(geometry.case), aspect="error", rule=name))

    @property
    def op(self) -> Op:
        often = tables.often(self.draws.empties)
        return replace(
            super().op,
            numerics=self.numerics,
            traits=(self.numerics, *self.traits),
            geometries=partial(shaped.geometries, self.draws),
            shapes=partial(shaped.geometries, self.draws, tables.AS_DRAWN, often),
            gradients=partial(shaped.gradients, self.draws) if self.differentiable else None,
            rules=self._rules(),
            choices=(*choices_for(self.name), *map(self._choice, self.own_choices)),
        )


def _longer(position: int, axis: int, case: Case) -> Case:
    """An axis is one longer than allowed."""
    given = case.tensors[position]
    shape = list(given.shape)
    shape[axis] += 1
    changed = tuple(replace(t, shape=tuple(shape)) if i == position else t for i, t in enumerate(case.tensors))
    return replace(case, tensors=changed)


def composed(
    name: str,
    define: Callable[..., Any],
    says: str,
    inputs: tuple[str, ...],
    shapes: shaped.Shapes,
    extents: Sequence[Sequence[int]],
    *,
    fits: Fits,
    said: str,
    longer: Mapping[str, tuple[int, int]],
    traits: Sequence[str] = (),
    differentiable: Sequence[str] | None = None,
    attributes: Mapping[str, Attribute] | None = None,
    values: Sequence[tuple[str, ...]] = kinds.VALUES,
    near: kinds.Points = (0.0, 1.0),
    dtypes: Sequence[str] = kinds.FLOATING,
    settled: Mapping[str, Attribute] | None = None,
    pins: tuple[Pin, ...] = (),
    more: tuple[More, ...] = (),
    choices: tuple[Choice, ...] = (),
    **drawn: Any,
) -> Op:
    """An op of ``dtypes``, and of those in ``fixed`` by position.

    ``settled``: attributes that follow from extents, and are not drawn.
    """
    own = dict(attributes or {})
    tables_of = {key: attribute.values for key, attribute in own.items()}
    spoken = shaped.Shaped(
        *(name, len(inputs), dtypes, near, values),
        **{"attributes": tables_of, "shapes": shapes, "extents": extents, **drawn},
    )
    asked = inputs if differentiable is None else tuple(differentiable)
    whole = {**own, **(settled or {})}
    entry = ShapedEntry(
        *(name, says, define, spoken, inputs, tuple(traits), whole, asked, pins, more),
        fits=fits,
        said=said,
        longer=longer,
        own_choices=choices,
    )
    return entry.op
