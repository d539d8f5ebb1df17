"""The classes: an entry states its name and definition, and calls one of these for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opassay.cases.signatures import kinds, specials
from opassay.cases.signatures.draws import Draws
from opassay.cases.signatures.entry import Attribute, Entry
from opassay.cases.signatures.rules import DIVISOR, More
from opassay.harness.model.dtypes import DTYPES, is_float
from opassay.harness.model.op import Op, Pin

Define = Callable[..., Any]


def _op(
    name: str,
    define: Define,
    says: str,
    inputs: tuple[str, ...],
    traits: Sequence[str],
    *,
    dtypes: Sequence[str],
    near: kinds.Points = (0.0,),
    attributes: Mapping[str, Attribute] | None = None,
    values: Sequence[tuple[str, ...]] = kinds.VALUES,
    whole: Sequence[tuple[str, ...]] = kinds.VALUES,
    fixed: Mapping[int, str] | None = None,
    output: str = "",
    broadcasts: Sequence[Sequence[str]] = (),
    more: tuple[More, ...] = (),
    pins: tuple[Pin, ...] = (),
    differentiable: bool = True,
    of_format: bool = False,
) -> Op:
    """An op of several operands; its answer is differentiable where it is a float, unless stated otherwise."""
    own = attributes or {}
    tables = {key: attribute.values for key, attribute in own.items()}
    drawn = Draws(name, len(inputs), dtypes, near, values, whole, fixed or {}, tables, output, broadcasts)
    floats = [d for d in dtypes if is_float(d)]
    has = differentiable and bool(floats) and output in ("", "[to]")
    asked = tuple(n for i, n in enumerate(inputs) if i not in drawn.fixed) if has else ()
    pins = (*specials.pins(drawn), *pins)
    return Entry(name, says, define, drawn, inputs, tuple(traits), own, asked, pins, more, of_format).op


def unary(name: str, define: Define, says: str, *, dtypes: Sequence[str] = kinds.FLOATING, **more: Any) -> Op:
    """An exact function of one tensor."""
    return _op(name, define, says, ("x",), ("unary", "exact"), dtypes=dtypes, **more)


def function(name: str, define: Define, says: str, **more: Any) -> Op:
    """A rounded function of one float tensor."""
    more = {"dtypes": kinds.FLOATING, **more}
    return _op(name, define, says, ("x",), ("unary", "function"), **more)


def test(name: str, define: Define, says: str, **more: Any) -> Op:
    """A predicate of each float of one tensor."""
    traits = ("unary", "exact", "test")
    return _op(name, define, says, ("x",), traits, dtypes=kinds.FLOATING, output="bool", **more)


def binary(name: str, define: Define, says: str, *, dtypes: Sequence[str] = kinds.NUMBERS, **more: Any) -> Op:
    """Arithmetic of two broadcast tensors; integers modulo 2**bits."""
    return _op(name, define, says, ("a", "b"), ("binary", "arithmetic", *more.pop("traits", ())), dtypes=dtypes, **more)


def rounded(name: str, define: Define, says: str, inputs: tuple[str, ...] = ("a", "b"), **more: Any) -> Op:
    """A rounded function of several float tensors."""
    kind = "binary" if len(inputs) == 2 else "ternary"
    return _op(name, define, says, inputs, (kind, "function"), dtypes=kinds.FLOATING, **more)


def divided(name: str, define: Define, says: str, *, dtypes: Sequence[str] = kinds.NUMBERS, **more: Any) -> Op:
    """A division with a remainder; integers are never divided by 0."""
    more = {"near": (0, 1, 3, -2), "whole": kinds.DIVISORS, "more": (DIVISOR,), **more}
    return _op(name, define, says, ("a", "b"), ("binary", "arithmetic", "divides"), dtypes=dtypes, **more)


def comparison(name: str, define: Define, says: str, **more: Any) -> Op:
    """A comparison of two tensors of any dtype."""
    more = {"dtypes": kinds.ANY, **more}
    return _op(name, define, says, ("a", "b"), ("binary", "exact", "comparison"), output="bool", **more)


def logic(name: str, define: Define, says: str, inputs: tuple[str, ...] = ("a", "b")) -> Op:
    """Logic of bools."""
    kind = "unary" if len(inputs) == 1 else "binary"
    return _op(name, define, says, inputs, (kind, "exact", "logic"), dtypes=kinds.TRUTH)


def bitwise(name: str, define: Define, says: str, inputs: tuple[str, ...] = ("a", "b"), **more: Any) -> Op:
    """Bitwise, of integers, and of bools as single bits."""
    more = {"dtypes": kinds.BITS, **more}
    kind = "unary" if len(inputs) == 1 else "binary"
    return _op(name, define, says, inputs, (kind, "exact", "bitwise"), **more)


def shift(name: str, define: Define, says: str) -> Op:
    """A bit shift of integers."""
    values = kinds.pairs(("ints", "iota", "ties"), ("near", "near", "normal"))
    traits = ("binary", "exact", "bitwise", "shift")
    return _op(name, define, says, ("a", "b"), traits, dtypes=kinds.WHOLE, near=kinds.PLACES, whole=values)


def select(name: str, define: Define, says: str) -> Op:
    """A selection between two tensors by a bool tensor."""
    return _op(name, define, says, ("condition", "a", "b"), ("exact", "select"), dtypes=kinds.ANY, fixed={0: "bool"})


def conversion(name: str, define: Define, says: str) -> Op:
    """A tensor in another dtype, which the attribute ``to`` names."""
    to = Attribute("a dtype", DTYPES, lambda value: value in DTYPES)
    own, traits = {"to": to}, ("unary", "conversion")
    return _op(name, define, says, ("x",), traits, dtypes=kinds.ANY, output="[to]", attributes=own)
