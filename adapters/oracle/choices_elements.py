"""Choices of element-wise ops: the question, and the answer of each option."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.bounded.float8 import FLOAT8
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model import dtypes
from opassay.harness.model.choice import Choice
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference


def _high_wins(question: Question) -> Iterator[References]:
    """Where the limits cross, the upper one replaces the lower; None where they do not."""
    low, high = question.attributes["low"], question.attributes["high"]
    if low > high:
        yield ask(question.but(low=high))


def _saturates(question: Question) -> Iterator[References]:
    if "saturate" not in question.attributes:
        yield ask(replace(question, inputs=tuple(_clamped(x, question.attributes["to"]) for x in question.inputs)))
    elif not question.attributes["saturate"]:
        yield ask(question.but(saturate=True))


def _clamped(x: np.ndarray, to: str) -> np.ndarray:
    largest = FLOAT8[to].largest
    return dtypes.narrow(np.clip(dtypes.widen(x), -largest, largest), dtypes.dtype_name(x))


def _any_value(question: Question) -> Iterator[References]:
    yield ask(replace(question, allowed=("DivisorZero",)))


def _ordered(question: Question) -> Iterator[References]:
    """Where zeros of both signs meet, +0 is the larger."""
    a, b = np.broadcast_arrays(*map(dtypes.widen, question.inputs))
    met = (a == 0) & (b == 0)
    if a.dtype.kind == "f" and met.any():
        yield tuple(_of_one_sign(r, question.op, a, b, met) for r in ask(question))


def _of_one_sign(reference: Reference, op: str, a: np.ndarray, b: np.ndarray, met: np.ndarray) -> Reference:
    choose = np.logical_and if op == "maximum" else np.logical_or
    negative = choose(np.signbit(a), np.signbit(b))
    exact = np.where(met, np.where(negative, -0.0, 0.0), reference.exact).astype(reference.exact.dtype)
    signed = met if reference.signed_zeros is None else reference.signed_zeros | met
    return replace(reference, exact=exact, signed_zeros=signed)


FLOAT8_OVERFLOW = Choice(
    "float8_overflow",
    "What becomes of a number that is too large for a format of 8 bits, where nobody says that it saturates?",
    "infinite, or NaN",
    {
        "largest": Hypothesis(
            "float8_overflow=largest", "the largest number", _saturates, ("round_to_float8", "matmul_float8")
        )
    },
)
CHOICES = (
    Choice(
        "crossed_limits",
        "What is the answer where the lower limit is above the upper one?",
        "open",
        {"high": Hypothesis("crossed_limits=high", "the upper limit", _high_wins, ("clamp",))},
    ),
    FLOAT8_OVERFLOW,
    Choice(
        "zero_divisor",
        "What becomes of an integer that is divided by 0?",
        "refuse",
        {
            "any": Hypothesis(
                "zero_divisor=any",
                "some value, of which nothing is said",
                _any_value,
                ("fmod", "remainder", "floor_divide", "trunc_divide"),
                ("error",),
            )
        },
        ("DivisorZero",),
    ),
    Choice(
        "zero_order",
        "Which of -0 and +0 is the larger?",
        "either",
        {"positive": Hypothesis("zero_order=positive", "+0 is", _ordered, ("maximum", "minimum"), ("value",))},
    ),
)


def choices_for(op: str) -> tuple[Choice, ...]:
    """The choices of ``op``."""
    return tuple(c for c in CHOICES if any(op in o.ops for o in c.options.values()))
