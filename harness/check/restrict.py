"""The case stream of an op under a restriction. Cases are drawn within it as far as the tables allow; others are
dropped."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opassay.harness.find.registry import UsageError, unknown
from opassay.harness.model.case import Case, Geometry, Tensor
from opassay.harness.model.draw import Draw, Together
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import ContractError, Op, references
from opassay.harness.plan import generate
from opassay.harness.plan.deal import Dealer

TRIED = 2_000
"""Number of rows that show which draws an attribute depends on."""

IN_VAIN = 5_000
"""Number of consecutive cases of a stream that a restriction may drop."""

Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Restriction:
    """``where``: values of attributes. ``dtypes``: those of the data. ``shapes``: whole sets of input shapes.
    ``multiple``: divides every extent above 1. ``contiguous``: whether all inputs are row-major."""

    where: Mapping[str, Any] = field(default_factory=dict)
    dtypes: Sequence[str] = ()
    shapes: Sequence[Shapes] = ()
    multiple: int = 1
    contiguous: bool = False

    def allows(self, case: Case) -> bool:
        """Whether a case meets the restriction."""
        shapes = tuple(t.shape for t in case.tensors)
        return (
            all(case.attributes.get(name) == value for name, value in self.where.items())
            and (not self.dtypes or case.tensors[-1].dtype in self.dtypes)
            and (not self.shapes or shapes in self.shapes)
            and (not self.contiguous or all(t.memory == Memory() for t in case.all_tensors))
            and all(n <= 1 or n % self.multiple == 0 for shape in shapes for n in shape)
        )


def restricted(op: Op, to: Restriction) -> Op:
    """``op`` with its streams and pins restricted. Raises ``UsageError`` if no case is left."""
    for name in to.where:
        if name not in (op.attributes or {}):
            raise UsageError(unknown(f"attribute of {op.name}", name, op.attributes or {}))
    told = ", ".join(f"{name}={value!r}" for name, value in to.where.items()) or "the restriction"
    try:
        found = _within(op, to)
        first = next(stream(found, "value" if op.geometries else "gradient", to, 0, 1), None)
        if first is not None:
            references(op, first[1])
    except (ContractError, ArithmeticError, ValueError, TypeError, LookupError) as error:
        # The strategy is made for valid values. Its errors for others would tell the user nothing.
        why = f": {error}" if isinstance(error, ContractError) else ""
        raise UsageError(f"the contract of {op.name} does not allow {told}{why}") from None
    if first is None:
        raise UsageError(f"no case of {op.name} has {told}")
    return found


def _within(op: Op, to: Restriction) -> Op:
    value = _draw(op.geometries(), op, to) if op.geometries else None
    gradient = _draw(op.gradients(), op, to) if op.gradients else None
    return replace(
        op,
        geometries=(lambda: value) if value else None,
        gradients=(lambda: gradient) if gradient else None,
        shapes=None,
        rules=(),
        pins=tuple(pin for pin in op.pins if pin.case.aspect in ("value", "gradient") and to.allows(pin.case)),
    )


def stream(op: Op, aspect: str, to: Restriction, seed: int, fills: int) -> Iterator[tuple[int, Case]]:
    """Numbers and cases of the restricted ``op``, endless unless nothing is left."""
    number, last = 0, 0
    while number - last < IN_VAIN:
        for _, case in generate.cases(op, aspect, seed, number, number + 1, fills):
            if to.allows(case):
                last = number
                yield number, case
        number += 1


def _draw(draw: Draw, op: Op, to: Restriction) -> Draw:
    fixed = {name: (value,) for name, value in to.where.items() if name in draw.names}
    tables = list(draw.tables)
    for place, name in enumerate(draw.names):
        if name == "dtype" and to.dtypes:
            tables[place] = [entry for entry in tables[place] if entry in to.dtypes] or list(to.dtypes)
        elif name in fixed:
            tables[place] = fixed[name]
        else:
            tables[place] = [entry for entry in tables[place] if _suits(entry, fixed, to)] or tables[place]
    draw = replace(draw, tables=tuple(_once(table) for table in tables))
    if set(to.where) - set(fixed):
        draw = _narrowed(draw, to.where)
    return _reshaped(draw, op, to) if to.shapes or to.multiple > 1 else draw


def _suits(entry: Any, fixed: Mapping[str, Any], to: Restriction) -> bool:
    """Whether what an entry implies for other tables meets the restriction."""
    if isinstance(entry, Memory):
        return not to.contiguous or entry == Memory()
    if not isinstance(entry, Together):
        return True
    values = entry.values
    same = all(values[name] == value for name, (value,) in fixed.items() if name in values)
    return same and (not to.dtypes or values.get("dtype", to.dtypes[0]) in to.dtypes)


def _narrowed(draw: Draw, where: Mapping[str, Any]) -> Draw:
    """A draw with only those entries that gave the attributes. Attributes that follow from others are in no table."""
    met: list[set[int]] = [set() for _ in draw.tables]
    dealer = Dealer(draw, "where")
    for number in range(TRIED):
        row = dealer.row(number)
        case = draw.made(row).case
        if all(case.attributes.get(name) == value for name, value in where.items()):
            for places, place in zip(met, row, strict=True):
                places.add(place)
    # Equal entries count as one, at the place of the first.
    tables = [_met(table, places) for table, places in zip(draw.tables, met, strict=True)]
    return replace(draw, tables=tuple(tables)) if met[0] else draw


def _once(table: Sequence[Any]) -> tuple[Any, ...]:
    """The table, or its one entry if all are equal: then nothing is drawn or shrunk."""
    return tuple(table[:1] if all(entry == table[0] for entry in table) else table)


def _met(table: Sequence[Any], places: set[int]) -> tuple[Any, ...]:
    kept = {repr(table[place]) for place in places}
    return _once([entry for entry in table if repr(entry) in kept])


def _reshaped(draw: Draw, op: Op, to: Restriction) -> Draw:
    """With the user's shapes. A row whose other draws do not fit them keeps its own, and is dropped."""

    def made(found: tuple[Geometry, Any]) -> Geometry:
        geometry, shapes = found
        case = geometry.case
        wanted = shapes or tuple(tuple(_up(n, to.multiple) for n in t.shape) for t in case.tensors)
        if len(wanted) != len(case.tensors) or math.prod(max(wanted, key=math.prod, default=())) > LARGEST:
            return geometry
        return replace(geometry, case=_with_shapes(op, case, wanted) or case)

    return draw.beside(tuple(to.shapes) or ((),)).map(made)


LARGEST = 2**22
"""Most elements of a tensor of the user's shapes."""


def _up(extent: int, multiple: int) -> int:
    return extent if extent <= 1 else -(-extent // multiple) * multiple


def _with_shapes(op: Op, case: Case, shapes: Shapes) -> Case | None:
    """The case with these shapes; None if the contract forbids the rest of the case with them."""
    tensors = [_shaped(t, s) for t, s in zip(case.tensors, shapes, strict=True)]
    forward = Case(op.name, tuple(tensors), case.attributes)
    try:
        found = references(op, forward)
    except (ContractError, ValueError):
        return None
    if case.aspect != "gradient":
        return replace(forward, aspect=case.aspect)
    outputs = zip(case.cotangents, found, strict=True)
    cotangents = tuple(None if c is None else _shaped(c, tuple(r.exact.shape)) for c, r in outputs)
    return replace(forward, aspect="gradient", cotangents=cotangents)


def _shaped(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    memory = tensor.memory if len(shape) == len(tensor.shape) else Memory()
    return replace(tensor, shape=shape, memory=memory)
