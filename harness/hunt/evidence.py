"""What the smallest case shows: the worst element, small outputs whole, and whether all targets agree."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from opassay.harness.hunt.bench import Bench
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference
from opassay.harness.model.verdicts import UNANSWERED
from opassay.harness.run.kinds import Asked

SHOWN = 64
"""Outputs of up to this many elements are kept whole."""


@dataclass(frozen=True)
class Evidence:
    """What the oracle and each failing target answered.

    ``suspect_oracle``: all targets agree with each other and not with the oracle.
    """

    message: str
    rho: float | None
    worst: dict[str, Any] = field(default_factory=dict)
    expected: Any = None
    actual: dict[str, Any] = field(default_factory=dict)
    suspect_oracle: bool = False


def gather(bench: Bench, case: Case, found_as: Case, labels: Sequence[str], asked: Sequence[Asked]) -> Evidence:
    """The evidence of the targets ``labels``, all of which fail; ``asked`` holds their answers to ``case``."""
    first = next(judgement for label, _, judgement in asked if label == labels[0])
    failing = frozenset(labels)
    suspect = _all_agree(bench, case, failing, asked)
    if suspect and found_as != case:
        # With few values other than 0, two wrong answers may be equal by chance.
        suspect = _all_agree(bench, found_as, failing, bench.ask(found_as))
    answers = {label: outcome for label, outcome, _ in asked if label in labels and isinstance(outcome, Returned)}
    if case.aspect == "error" or labels[0] not in answers:
        return Evidence(first.message, first.rho, suspect_oracle=suspect)
    found = references(bench.op(case), case, answers[labels[0]].arrays)
    name, index = _place(first.worst_index)
    number = next((i for i, reference in enumerate(found) if reference.name == name), 0)
    values = {label: _output(answer, number) for label, answer in answers.items()}
    return Evidence(
        first.message,
        first.rho,
        worst=_worst(found[number], first.worst_index, index, values),
        expected=_small(_exact(found[number])),
        actual={label: _small(array) for label, array in values.items()},
        suspect_oracle=suspect,
    )


def _all_agree(bench: Bench, case: Case, failing: frozenset[str], asked: Sequence[Asked]) -> bool:
    """Whether targets of at least two frameworks answered, and all alike."""
    answered = [(label, outcome) for label, outcome, judgement in asked if judgement.verdict not in UNANSWERED]
    labels = {label for label, _ in answered}
    if labels - failing or len({bench.lane(label).target.adapter for label in labels}) < 2:
        return False
    first = answered[0][1]
    if not isinstance(first, Returned):
        return all(type(outcome) is type(first) for _, outcome in answered)
    return all(isinstance(o, Returned) and bench.agree(label, case, o, first) for label, o in answered[1:])


def _place(text: str) -> tuple[str, tuple[int, ...]]:
    """``y[0,3]`` as name and index."""
    name, _, index = text.partition("[")
    return name, tuple(int(n) for n in re.findall(r"\d+", index))


def _output(answer: Returned, number: int) -> np.ndarray | None:
    array = answer.arrays[number] if number < len(answer.arrays) else None
    return None if array is None else np.asarray(dtypes.widen(array) if _is_float(array) else array)


def _is_float(array: np.ndarray) -> bool:
    return dtypes.is_float(dtypes.dtype_name(array))


def _exact(reference: Reference) -> np.ndarray | None:
    return None if reference.policy == "unconnected" else reference.exact


def _worst(
    reference: Reference, place: str, index: tuple[int, ...], values: dict[str, np.ndarray | None]
) -> dict[str, Any]:
    exact = _exact(reference)
    if exact is None or len(index) != exact.ndim or not exact.size:
        return {}
    found = {k: _plain(v[index]) for k, v in values.items() if v is not None and v.shape == exact.shape}
    return {"place": place, "index": list(index), "expected": _plain(exact[index]), "actual": found}


def _small(array: np.ndarray | None) -> Any:
    """Nested lists; None for no array, or a large one."""
    if array is None or array.size > SHOWN:
        return None
    return _nested(array.tolist() if array.dtype.kind in "iu" else array.astype(np.float64).tolist())


def _nested(value: Any) -> Any:
    return [_nested(part) for part in value] if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> int | float | str:
    """A number as JSON holds it: NaN and infinities as text."""
    if isinstance(value, (int, np.integer)):
        return int(value)
    return float(value) if math.isfinite(value) else str(float(value))
