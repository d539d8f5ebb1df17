"""The classes: what an entry is besides its name and its definition follows from which of these it calls."""

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
) -> Op:
    """An op of several operands; its answer is differentiable where it is a float."""
    own = attributes or {}
    tables = {key: attribute.values for key, attribute in own.items()}
    drawn = Draws(name, len(inputs), dtypes, near, values, whole, fixed or {}, tables, output, broadcasts)
    floats = [d for d in dtypes if is_float(d)]
    has = bool(floats) and output in ("", "[to]")
    differentiable = tuple(n for i, n in enumerate(inputs) if i not in drawn.fixed) if has else ()
    pins = (*specials.pins(drawn), *pins)
    return Entry(name, says, define, drawn, inputs, tuple(traits), own, differentiable, pins, more).op


def unary(name: str, define: Define, says: str, *, dtypes: Sequence[str] = kinds.FLOATING, **more: Any) -> Op:
    """An exact function of one tensor."""
    return _op(name, define, says, ("x",), ("unary", "exact"), dtypes=dtypes, **more)


def function(name: str, define: Define, says: str, **more: Any) -> Op:
    """A function of one tensor of floats whose answer is rounded."""
    more = {"dtypes": kinds.FLOATING, **more}
    return _op(name, define, says, ("x",), ("unary", "function"), **more)


def test(name: str, define: Define, says: str, **more: Any) -> Op:
    """A question about each float of one tensor."""
    traits = ("unary", "exact", "test")
    return _op(name, define, says, ("x",), traits, dtypes=kinds.FLOATING, output="bool", **more)


def binary(name: str, define: Define, says: str, *, dtypes: Sequence[str] = kinds.NUMBERS, **more: Any) -> Op:
    """Arithmetic of two tensors that broadcast; of integers modulo 2**bits."""
    return _op(name, define, says, ("a", "b"), ("binary", "arithmetic", *more.pop("traits", ())), dtypes=dtypes, **more)


def rounded(name: str, define: Define, says: str, inputs: tuple[str, ...] = ("a", "b"), **more: Any) -> Op:
    """A function of several tensors of floats whose answer is rounded."""
    kind = "binary" if len(inputs) == 2 else "ternary"
    return _op(name, define, says, inputs, (kind, "function"), dtypes=kinds.FLOATING, **more)


def divided(name: str, define: Define, says: str, *, dtypes: Sequence[str] = kinds.NUMBERS, **more: Any) -> Op:
    """A division with a remainder; no integer is divided by 0."""
    more = {"near": (0, 1, 3, -2), "whole": kinds.DIVISORS, "more": (DIVISOR,), **more}
    return _op(name, define, says, ("a", "b"), ("binary", "arithmetic", "divides"), dtypes=dtypes, **more)


def comparison(name: str, define: Define, says: str, **more: Any) -> Op:
    """A comparison of two tensors of any dtype."""
    more = {"dtypes": kinds.ANY, **more}
    return _op(name, define, says, ("a", "b"), ("binary", "exact", "comparison"), output="bool", **more)


def logic(name: str, define: Define, says: str, inputs: tuple[str, ...] = ("a", "b")) -> Op:
    """Logic of truth values."""
    kind = "unary" if len(inputs) == 1 else "binary"
    return _op(name, define, says, inputs, (kind, "exact", "logic"), dtypes=kinds.TRUTH)


def bitwise(name: str, define: Define, says: str, inputs: tuple[str, ...] = ("a", "b"), **more: Any) -> Op:
    """Bit by bit, of integers, and of truth values as if they were one bit."""
    more = {"dtypes": kinds.BITS, **more}
    kind = "unary" if len(inputs) == 1 else "binary"
    return _op(name, define, says, inputs, (kind, "exact", "bitwise"), **more)


def shift(name: str, define: Define, says: str) -> Op:
    """Bits moved by so many places, of integers."""
    values = kinds.pairs(("ints", "iota", "ties"), ("near", "near", "normal"))
    traits = ("binary", "exact", "bitwise", "shift")
    return _op(name, define, says, ("a", "b"), traits, dtypes=kinds.WHOLE, near=kinds.PLACES, whole=values)


def select(name: str, define: Define, says: str) -> Op:
    """A choice between two tensors by a third of truth values."""
    return _op(name, define, says, ("condition", "a", "b"), ("exact", "select"), dtypes=kinds.ANY, fixed={0: "bool"})


def conversion(name: str, define: Define, says: str) -> Op:
    """A tensor in another dtype, which the attribute ``to`` names."""
    to = Attribute("a dtype", DTYPES, lambda value: value in DTYPES)
    own, traits = {"to": to}, ("unary", "conversion")
    return _op(name, define, says, ("x",), traits, dtypes=kinds.ANY, output="[to]", attributes=own)
