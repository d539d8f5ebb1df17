"""Sums of products in Einstein notation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from opassay.adapters.oracle.bounded.contraction import Form, Sums, contracted
from opassay.adapters.oracle.bounded.real import Real

Shape = tuple[int, ...]
ELLIPSIS = "..."


@dataclass(frozen=True)
class Subscripts:
    """An equation for operands of these shapes: a letter per axis of each operand and of the answer."""

    operands: tuple[str, ...]
    answer: str
    shapes: tuple[Shape, ...]

    @cached_property
    def extents(self) -> Mapping[str, int]:
        """The extent of each letter."""
        return {
            n: m
            for letters, shape in zip(self.operands, self.shapes, strict=True)
            for n, m in zip(letters, shape, strict=True)
        }

    @property
    def agree(self) -> bool:
        """Whether each letter has one extent."""
        pairs = [p for letters, s in zip(self.operands, self.shapes, strict=True) for p in zip(letters, s, strict=True)]
        return all(extent == self.extents[letter] for letter, extent in pairs)

    @property
    def answerable(self) -> bool:
        """Whether the answer's letters occur in the operands, each once."""
        return len(set(self.answer)) == len(self.answer) and set(self.answer) <= set(self.extents)

    def shape(self, letters: str) -> Shape:
        return tuple(self.extents[letter] for letter in letters)

    @property
    def work(self) -> int:
        """The number of products."""
        return math.prod(self.extents.values())


def subscripts(equation: str, shapes: Sequence[Shape]) -> Subscripts | None:
    """The equation with its ellipsis and its implied answer written out as letters; None where it does not fit."""
    given, arrow, answer = equation.partition("->")
    terms = given.split(",")
    if len(terms) != len(shapes):
        return None
    rests = [len(s) - len(t.replace(ELLIPSIS, "")) for t, s in zip(terms, shapes, strict=True)]
    if any(rest != 0 if ELLIPSIS not in term else rest < 0 for term, rest in zip(terms, rests, strict=True)):
        return None
    most = max((rest for term, rest in zip(terms, rests, strict=True) if ELLIPSIS in term), default=0)
    hidden = "".join(chr(ord("A") + i) for i in range(most))
    operands = tuple(t.replace(ELLIPSIS, hidden[most - rest :]) for t, rest in zip(terms, rests, strict=True))
    return Subscripts(operands, answer.replace(ELLIPSIS, hidden) if arrow else _implied(terms, hidden), tuple(shapes))


def _implied(terms: Sequence[str], hidden: str) -> str:
    """The letters that occur once, in alphabetical order, after the axes of an ellipsis."""
    letters = "".join(terms).replace(ELLIPSIS, "")
    return hidden + "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))


def einsum(a: Real, b: Real, equation: str) -> Real:
    """The products of ``a`` and ``b``, summed over all letters that the answer lacks."""
    found = subscripts(equation, (a.shape, b.shape))
    assert found is not None, (equation, a.shape, b.shape)
    return contracted(_form(found), 2, a, b)


def _form(found: Subscripts) -> Form:
    """``Σ a b y``: linear in each operand."""
    letters = (*found.operands, found.answer)

    def form(to: int) -> Sums:
        others = [letters[i] for i in range(3) if i != to]
        return Sums(lambda *arrays: _summed(found, others, letters[to], arrays), found.shape(letters[to]))

    return form


def _summed(found: Subscripts, others: Sequence[str], to: str, arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Products of two arrays, summed to the letters of ``to``; a repeated letter of ``to`` is a diagonal."""
    own = "".join(dict.fromkeys(to))
    missing = "".join(letter for letter in own if not any(letter in term for term in others))
    ones = np.ones(found.shape(missing), arrays[0].dtype)
    terms = np.einsum(f"{','.join([*others, missing])}->{own}", *arrays, ones)
    if own == to:
        return np.asarray(terms)
    whole = np.zeros(found.shape(to), terms.dtype)
    np.einsum(f"{to}->{own}", whole)[...] = terms
    return whole
