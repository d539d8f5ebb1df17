"""A hypothesis about a target: what it would answer if it made one certain mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

References = Sequence[Reference]


@dataclass(frozen=True, eq=False)
class Question:
    """What a target was asked: a case with its arrays. ``cotangents`` is empty unless a gradient is asked.

    ``truth`` is what the oracle says of it; of a program, by what the target made of each stage before.
    """

    op: str
    attributes: Mapping[str, Any]
    inputs: tuple[np.ndarray, ...]
    cotangents: tuple[np.ndarray | None, ...] = ()
    truth: References = ()

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
    target's own, so that meeting it proves little.
    """

    name: str
    says: str
    answers: Callable[[Question], Iterable[References]]
    ops: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ("value", "gradient")
    model: Callable[[NumericModel], NumericModel] = _as_it_is
    looser: bool = False

    def concerns(self, op: str, aspect: str) -> bool:
        return aspect in self.aspects and (not self.ops or op in self.ops)
