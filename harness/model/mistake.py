"""A mistake that kernels make, and what one that makes it answers: the measure of everything that looks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

Arrays = tuple[np.ndarray | None, ...]
"""One array per output; None for a gradient that there is none of."""

Kernel = Callable[[Question, Arrays], Arrays]
"""From a question and the right answer to what a kernel answers: the right one where its mistake changes nothing."""


@dataclass(frozen=True)
class Source:
    """A public report of a mistake: its address and its title."""

    url: str
    title: str


@dataclass(frozen=True, eq=False)
class Mistake:
    """One mistake in one aspect of one op.

    ``says``: in a sentence. ``start`` makes the kernel, anew for every process: some remember what they answered.
    ``source``: where it was made in public. ``declares``: whether the kernel's adapter says how it computes, as
    ``model`` has it, without which rounding of this kind is allowed. ``hypothesis``: the one by which ``explain`` names
    it, None where it has no name for it yet.
    """

    name: str
    op: str
    aspect: str
    says: str
    start: Callable[[], Kernel]
    source: Source | None = None
    declares: bool = False
    hypothesis: Hypothesis | None = None

    @property
    def id(self) -> str:
        return f"{self.op}/{self.aspect}/{self.name}"

    def model(self, reference: Reference) -> NumericModel:
        """How the kernel's adapter says that an output is computed; the loosest assumption where it says nothing."""
        if not self.declares:
            return NumericModel(reference.dtype)
        return NumericModel(ACCUMULATORS.get(reference.dtype, reference.dtype), flushes=False)


ACCUMULATORS = {"float16": "float32", "bfloat16": "float32"}
"""The accumulator of narrow dtypes in a kernel without such a mistake."""


def same(one: Arrays, other: Arrays) -> bool:
    """Whether two answers have the same shapes, dtypes and bits."""
    return one is other or [_bits(a) for a in one] == [_bits(a) for a in other]


def _bits(array: np.ndarray | None) -> tuple[object, ...] | None:
    return None if array is None else (array.shape, array.dtype, array.tobytes())


def right(references: Sequence[Reference]) -> Arrays:
    """The answer without any error: every element rounded once."""
    return tuple(None if r.policy == "unconnected" else dtypes.narrow(r.exact, r.dtype) for r in references)
