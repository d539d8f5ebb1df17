"""A hypothesis about a target: the answer that one certain mistake, or several together, would give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np

from opassay.harness.model.kept import Kept
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

References = Sequence[Reference]


@dataclass(frozen=True, eq=False)
class Question:
    """What a target was asked: a case with its arrays. ``cotangents`` is empty unless a gradient is asked.

    ``truth`` is what the oracle says of it; of a program, by what the target made of each stage before, its own
    ``answers``. ``inner``: further mistakes that whoever asks this question is told the answers of, and which variant.
    ``oracle`` answers it, where the op's own entry does and no table of the oracle. ``allowed``: rules that its input
    may break, since a choice makes it valid.
    ``kept``: what the oracle has said of this question and of those made of it.
    """

    op: str
    attributes: Mapping[str, Any]
    inputs: tuple[np.ndarray, ...]
    cotangents: tuple[np.ndarray | None, ...] = ()
    truth: References = ()
    answers: tuple[np.ndarray | None, ...] = ()
    inner: tuple[tuple[Hypothesis, ...], int] | None = None
    oracle: Callable[[Question], References] | None = None
    allowed: tuple[str, ...] = ()
    kept: Kept = field(default_factory=Kept)

    @property
    def gradient(self) -> bool:
        return bool(self.cotangents)

    def but(self, *, inputs: Sequence[np.ndarray] | None = None, **attributes: Any) -> Question:
        """The same question with other inputs or attributes."""
        given = self.inputs if inputs is None else tuple(inputs)
        return replace(self, inputs=given, attributes={**self.attributes, **attributes})


def _as_it_is(model: NumericModel) -> NumericModel:
    return model


@dataclass(frozen=True)
class Hypothesis:
    """One mistake. ``says``: in a sentence. ``ops`` and ``aspects``: those that it concerns (no op: all of them).

    ``answers`` yields what a target that makes it would give, one ``Reference`` per output, in each variant of it;
    nothing where the mistake would change nothing. It may raise ``ContractError`` or ``ValueError`` where the changed
    question has no answer. ``model`` is how such a target computes. ``looser``: its bound takes in more than the
    target's own, so that meeting it proves little. ``general``: it fits what many mistakes come to, and is no cause
    where one that says more fits as well. ``independent``: it gives the same
    whatever mistakes are made besides. ``stage``: of a program, the mistake that its stages make.
    """

    name: str
    says: str
    answers: Callable[[Question], Iterable[References]]
    ops: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ("value", "gradient")
    model: Callable[[NumericModel], NumericModel] = _as_it_is
    looser: bool = False
    general: bool = False
    independent: bool = False
    stage: Hypothesis | None = None

    def concerns(self, op: str, aspect: str) -> bool:
        return aspect in self.aspects and (not self.ops or op in self.ops)


VARIANTS = 64
"""So many variants of a mistake are looked at."""


class NoVariant(ValueError):
    """The inner mistakes of a question have no such variant: they change nothing of it, or had fewer."""


def made_together(mistakes: Sequence[Hypothesis], question: Question) -> Iterable[References]:
    """What a target that makes all of the mistakes would give, in each variant; the first one asks the others."""
    return question.kept.variants(tuple(mistakes), question, lambda: _made(mistakes, question))


def _made(mistakes: Sequence[Hypothesis], question: Question) -> Iterator[References]:
    first, *others = mistakes
    if not others:
        yield from islice(first.answers(question), VARIANTS)
        return
    variants = sum(1 for _ in made_together(others, question))
    if first.independent:
        yield from made_together([first], question) if variants else ()
        return
    for variant in range(variants):
        try:
            yield from islice(first.answers(replace(question, inner=(tuple(others), variant))), VARIANTS)
        except NoVariant:
            return


def asked_of_inner(question: Question) -> References | None:
    """What the inner mistakes of a question answer to it; None where it has none."""
    if question.inner is None:
        return None
    mistakes, variant = question.inner
    found = next(islice(made_together(mistakes, replace(question, inner=None)), variant, None), None)
    if found is None:
        raise NoVariant(f"no variant {variant} of {', '.join(h.name for h in mistakes)}")
    return found
