"""Mistakes of rounding to 8-bit formats: double rounding, whose first step creates ties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.bounded.float8 import FLOAT8
from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question

STEPS = ("float16", "bfloat16", "float32")


def _through(name: str) -> Callable[[Question], Iterator[References]]:
    def stepped(array: np.ndarray) -> np.ndarray:
        return dtypes.narrow(dtypes.widen(dtypes.narrow(dtypes.widen(array), name)), dtypes.dtype_name(array))

    def answers(question: Question) -> Iterator[References]:
        if question.gradient:
            given = tuple(c if c is None else stepped(c) for c in question.cotangents)
            yield ask(replace(question, cotangents=given))
        else:
            yield ask(question.but(inputs=tuple(map(stepped, question.inputs))))

    return answers


def _code_beyond(question: Question) -> Iterator[References]:
    """Overflow is tested before a rounding that carries: in e4m3fn [480, 496) is the largest number, in e5m2
    [61440, 65536) is NaN, whose code follows that of infinity.
    """
    (found,) = ask(question)
    form = FLOAT8[question.attributes["to"]]
    given = question.cotangents[0] if question.gradient else question.inputs[0]
    if question.attributes["saturate"] or not form.signed_zero or given is None:
        return
    x = dtypes.widen(given)
    spacing = 2.0 ** (np.frexp(form.largest)[1] - form.precision)
    first = form.largest + spacing / 2 if form.infinite else form.largest + spacing
    given_instead = np.nan if form.infinite else np.copysign(form.largest, x)
    late = (np.abs(x) >= first) & (np.abs(x) < first + spacing / 2)
    yield (replace(found, exact=np.where(late, given_instead, found.exact)),)


OP = ("round_to_float8",)
HYPOTHESES = (
    *(
        Hypothesis(f"through_{name}", f"it is rounded to {name} first, and so twice", _through(name), OP)
        for name in STEPS
    ),
    Hypothesis("code_beyond", "what is rounded up beyond the largest number has the code after it", _code_beyond, OP),
)
