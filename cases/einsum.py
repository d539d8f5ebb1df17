"""Products of two operands, summed over some axes, by an equation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.bounded import einsum as summed
from opassay.adapters.oracle.bounded import subscripts
from opassay.adapters.oracle.bounded.einsum import Subscripts
from opassay.cases import fillings, product_pins
from opassay.cases.signatures.arranged_rules import but, longer, shaped_as
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.rules import More
from opassay.cases.signatures.shaped import EXTENTS, FEW, Shape
from opassay.cases.signatures.shaped_entry import composed
from opassay.harness.model.case import Case

EQUATIONS = (
    *("ij,jk->ik", "bij,bjk->bik", "bhqd,bhkd->bhqk", "ij,kj->ki", "bi,bj->bij"),
    *("ij,jk", "bc,ab", "...ij,...jk->...ik", "...i,ij->...j"),
    *("bi,bi->b", "ij,ij->", "ij,jk->j", "iij,jk->ik"),
)
"""Contractions, batches, transposed or implied answers, an ellipsis, sums over one operand's axis, a diagonal."""


def _shapes(extents: Sequence[int], equation: str) -> list[Shape]:
    terms = equation.partition("->")[0].replace("...", "AB").split(",")
    named = dict(zip(dict.fromkeys("".join(terms)), extents, strict=False))
    return [tuple(named[letter] for letter in term) for term in terms]


def _found(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Subscripts:
    found = subscripts(attributes["equation"], shapes)
    assert found is not None
    return found


def _answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    found = _found(shapes, attributes)
    return found.shape(found.answer)


def _work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    return _found(shapes, attributes).work


def _longest(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    found = _found(shapes, attributes)
    made = [math.prod(found.shape("".join(set(letters)))) for letters in (*found.operands, found.answer)]
    return found.work // max(min(made), 1)


def _asked(attributes: Mapping[str, Any], xs: Sequence[np.ndarray]) -> Subscripts | None:
    return subscripts(attributes["equation"], [x.shape for x in xs])


def _another_extent(case: Case) -> Case:
    """The first axis of b that a also has is longer."""
    found = _found([t.shape for t in case.tensors], case.attributes)
    a, b = found.operands
    return longer(case, 1, next(i for i, letter in enumerate(b) if letter in a))


def _answering(case: Case, letters: str) -> Case:
    return but(case, equation=f"{case.attributes['equation'].partition('->')[0]}->{letters}")


einsum = composed(
    "einsum",
    summed,
    "The products of a and b by the letters of their axes, summed over those that the answer does not have.",
    ("a", "b"),
    _shapes,
    (EXTENTS, EXTENTS, EXTENTS, FEW, FEW),
    ways=EQUATIONS,
    named="equation",
    settled={"equation": Attribute("an equation of two operands", (), lambda value: isinstance(value, str))},
    answers=_answer,
    work=_work,
    longest=_longest,
    fits=lambda shapes: True,
    said="",
    longer={},
    more=(
        More(
            "RankMismatch",
            "an operand has an axis for each of its letters",
            lambda a, xs: _asked(a, xs) is not None,
            lambda case: shaped_as(case, 1, case.tensors[1].shape[:1]),
        ),
        More(
            "ExtentMismatch",
            "axes of one letter are equally long",
            lambda a, xs: (found := _asked(a, xs)) is None or found.agree,
            _another_extent,
        ),
        More(
            "AnswerUnknown",
            "letters of the answer are those of operands",
            lambda a, xs: (found := _asked(a, xs)) is None or found.answerable,
            lambda case: _answering(case, "z"),
        ),
        More(
            "AnswerTwice",
            "a letter is in the answer once",
            lambda a, xs: (found := _asked(a, xs)) is None or found.answerable,
            lambda case: _answering(case, 2 * case.attributes["equation"].strip(".")[0]),
        ),
    ),
    traits=("multiplies", "sums"),
    values=fillings.SUM_KINDS,
    pins=product_pins.EINSUM,
)
