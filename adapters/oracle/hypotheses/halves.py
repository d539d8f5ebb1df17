"""Mistakes of conversions to float16."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from opassay.adapters.oracle.hypotheses.question import References, ask, surely
from opassay.harness.model import dtypes
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.reference import Reference

HALF = FORMATS["float16"]
WRAP = 64
"""A mantissa is shifted by as many bits as the exponent lacks, and processors take the count modulo 64."""

WRAPPED = HALF.smallest_subnormal / 2.0 ** (WRAP + 1), 2.0**-76
"""The sizes that are not 0 afterwards, and not too large for a subnormal number."""


def _wrapped(question: Question) -> Iterator[References]:
    """Numbers of 2**-89 to 2**-77 are multiplied by 2**64, to within one step of subnormal numbers."""
    found = ask(question)
    if any(r.dtype == "float16" for r in found) and len(question.answers) == len(found):
        made = tuple(_shifted(r, told) for r, told in zip(found, question.answers, strict=True))
        if any(new is not old for new, old in zip(made, found, strict=True)):
            yield made


def _shifted(found: Reference, answer: np.ndarray | None) -> Reference:
    if found.dtype != "float16" or answer is None or answer.shape != found.exact.shape:
        return found
    told, moved = dtypes.widen(answer), np.ldexp(found.exact.astype(np.float64), WRAP)
    size, step = np.abs(found.exact), HALF.smallest_subnormal + 2 * HALF.unit_roundoff * np.abs(moved)
    with np.errstate(invalid="ignore"):
        lost = (size > WRAPPED[0]) & (size < WRAPPED[1]) & (np.abs(told - moved) <= step) & (told != 0)
    return surely(found, lost, told) if lost.any() else found


HYPOTHESES = (
    Hypothesis(
        "half_shift_wraps",
        "what is far below the smallest number of float16 is multiplied by 2**64 on conversion, since a shift wraps",
        _wrapped,
    ),
)
