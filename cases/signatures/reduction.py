"""The classes of ops along axes: reductions, positions, scans, and ops that keep their input's shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from opassay.adapters.oracle.axis_choices import axis_choices
from opassay.cases import fillings, tables
from opassay.cases.pins import AS_DEFINED, BY_HAND, literal, pin, whole
from opassay.cases.signatures import axes, draws, kinds
from opassay.cases.signatures.axis_rules import FILLED, MANY, SINGLE, rules_of
from opassay.cases.signatures.entry import Attribute, Entry
from opassay.cases.signatures.rules import More
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.dtypes import is_float
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Op, Pin

Define = Callable[..., Any]
Tables = Sequence[tuple[str, ...]]

SUMS: Tables = fillings.SUM_KINDS
CHOSEN: Tables = kinds.pairs(("ties", "iota", "normal", "ints"), ("near", "special", "bits", "masked"))
SHARES: Tables = kinds.pairs(("normal", "ties", "ints"), ("near", "masked", "shifted", "special", "wide"))
SPREADS: Tables = kinds.pairs(("normal", "ties", "iota", "ints"), ("shifted", "shifted", "wide", "special"))
FACTORS: Tables = kinds.pairs(("ints", "ties", "normal"), ("near", "near", "special"))
COUNTS: Tables = kinds.pairs(("near", "ones"), ("near", "special", "bits"))
TRUTHS: Tables = kinds.pairs(("normal", "ones"), ("bits",))

ROWS = (
    *((end,) * 3 for end in (-math.inf, math.inf, math.nan, 1.0)),
    *((-1.0, -2.0, -3.0), (1.0, math.nan, 3.0), (-math.inf, 0.5, -math.inf), (-0.0, -0.0, -0.0), (0.0, 2.0, 0.0)),
)
"""Fills: all of one kind, all negative, some NaN, some hidden, zeros."""

TRUTH_ROWS = ((0, 0, 0), (1, 1, 1), (1, 0, 0), (0, 0, 1), (0, 1, 1))

AXES = Attribute("different axes, each from -rank to rank - 1; none of a scalar", (), lambda value: True)
AXIS = Attribute("an axis, from -rank to rank - 1", (), lambda value: True)
KEEPDIMS = Attribute("whether the axes stay, with extent 1", (False, True), lambda value: isinstance(value, bool))


class AlongAxes(Entry):
    """One op along axes of its tensor."""

    numerics: ClassVar[str] = "reduction"
    draws: axes.Along

    @property
    def op(self) -> Op:
        often = tables.often(draws.EMPTY)
        plain = super().op
        own = axis_choices({rule.name for rule in self.more}, self.traits)
        return replace(
            plain,
            geometries=partial(axes.geometries, self.draws),
            shapes=partial(axes.geometries, self.draws, tables.AS_DRAWN, often),
            gradients=partial(axes.gradients, self.draws) if self.differentiable else None,
            rules=rules_of(self.draws, self.more),
            choices=(*plain.choices, *map(self._choice, own)),
        )

    def rows(self) -> Iterator[Pin]:
        """Rows that are rarely drawn, as one case per float dtype, or per bool or integer dtype."""
        floats = [dtype for dtype in dict.fromkeys(self.draws.dtypes) if is_float(dtype)]
        rows = ROWS if floats else TRUTH_ROWS
        shape, values = (len(rows), len(rows[0])), [value for row in rows for value in row]
        for dtype in floats or ("bool",):
            yield self._pinned(f"rows_{dtype}", literal(shape, values, dtype))
        if "int64" in self.draws.dtypes:
            yield self._pinned("no_float64", whole(Tensor((2, 3), "int64", Fill("zeros"))))

    def _pinned(self, name: str, tensor: Tensor) -> Pin:
        return Pin(name, Case(self.name, (tensor,), self._first()), (), AS_DEFINED)

    def _first(self) -> dict[str, Any]:
        found = {name: attribute.values[0] for name, attribute in self.attributes.items() if attribute.values}
        return {**found, **({"axes": (1,)} if self.draws.several else {"axis": 1})}


def _op(
    name: str,
    define: Define,
    says: str,
    traits: Sequence[str],
    *,
    dtypes: Sequence[str] = kinds.FLOATING,
    near: kinds.Points = (0.0, 1.0),
    values: Tables = SUMS,
    whole: Tables = kinds.VALUES,
    attributes: Mapping[str, Attribute] | None = None,
    output: str = "",
    more: tuple[More, ...] = (),
    several: bool = True,
    keepdims: bool = True,
    filled: bool = False,
    longest: int = axes.LONG[-1],
    operands: int = 0,
    pins: tuple[Pin, ...] = (),
) -> Op:
    own = dict(attributes or {})
    define = define if several else _along_one(define)
    drawn = {key: attribute.values for key, attribute in own.items()}
    along = axes.Along(
        name,
        1,
        dtypes,
        near,
        values,
        whole,
        attributes=drawn,
        output=output,
        several=several,
        keepdims=keepdims,
        filled=filled,
        longest=longest,
        operands=operands,
    )
    own |= {"axes": AXES} if several else {"axis": AXIS}
    own |= {"keepdims": KEEPDIMS} if keepdims else {}
    more = (*(MANY if several else SINGLE), *((FILLED,) if filled else ()), *more)
    differentiable = ("x",) if any(map(is_float, dtypes)) and not output else ()
    entry = AlongAxes(name, says, define, along, ("x",), tuple(traits), own, differentiable, (), more)
    return replace(entry, pins=(*entry.rows(), *pins)).op


def _along_one(define: Define) -> Define:
    """A definition whose second parameter, whatever its name, is the attribute ``axis``."""
    return lambda x, *, axis, **more: define(x, axis, **more)


def summing(name: str, define: Define, says: str, *, operands: int = 1, **more: Any) -> Op:
    """A reduction over any axes that sums products of so many ``operands``."""
    return _op(name, define, says, ("reduces", "sums"), operands=operands, **more)


def reduction(name: str, define: Define, says: str, *, traits: Sequence[str] = (), **more: Any) -> Op:
    """Any other reduction."""
    return _op(name, define, says, ("reduces", *traits), **more)


def choosing(name: str, define: Define, says: str, **more: Any) -> Op:
    """A reduction whose answer is one of the elements, which must exist."""
    given = {"dtypes": kinds.NUMBERS, "values": CHOSEN, "filled": True, **more}
    return _op(name, define, says, ("reduces", "chooses"), **given)


def position(name: str, define: Define, says: str, places: Sequence[int]) -> Op:
    """An index along an axis that must not be empty. ``places``: the answer for the rows of ``_close``."""
    traits = ("reduces", "position")
    given: dict[str, Any] = {"dtypes": kinds.NUMBERS, "values": CHOSEN, "filled": True, "several": False}
    return _op(name, define, says, traits, output="int64", pins=(_close(name, places),), **given)


def _close(op: str, places: Sequence[int]) -> Pin:
    """Values that are equal in float16 and bfloat16: where the maximum is, and where the minimum is."""
    step = 2.0**-20
    x = literal((2, 3), (1, 1 + step, 1, 1 + step, 1 + step, 1))
    return pin("close", op, (x,), (list(places),), BY_HAND, axis=1, keepdims=False)


def truth(name: str, define: Define, says: str) -> Op:
    """A reduction of bools."""
    return _op(name, define, says, ("reduces", "truth"), dtypes=kinds.TRUTH, values=TRUTHS, whole=TRUTHS)


def counting(name: str, define: Define, says: str) -> Op:
    """A reduction that counts elements, many of which are 0."""
    return _op(
        name, define, says, ("reduces", "counts"), dtypes=kinds.NUMBERS, values=COUNTS, whole=COUNTS, output="int64"
    )


def scan(name: str, define: Define, says: str, **more: Any) -> Op:
    """A cumulative result for every element along one axis."""
    flag = lambda value: isinstance(value, bool)  # noqa: E731
    own = {
        "exclusive": Attribute("whether each element itself is left out", (False, False, True), flag),
        "reverse": Attribute("whether it starts at the end", (False, False, True), flag),
    }
    given = {"dtypes": kinds.NUMBERS, "attributes": own, "several": False, "keepdims": False, **more}
    return _op(name, define, says, ("scan",), **given)


def shares(name: str, define: Define, says: str, **more: Any) -> Op:
    """Shares along one axis."""
    return _op(name, define, says, ("shares",), values=SHARES, several=False, keepdims=False, **more)


def rescaled(name: str, define: Define, says: str, **more: Any) -> Op:
    """Each element divided by a measure of all along one axis."""
    return _op(name, define, says, ("norm",), values=SPREADS, several=False, keepdims=False, **more)
