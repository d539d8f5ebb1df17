"""How mistakes are made: another question asked, a part of the answer changed, a condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle.geometry import to_nhwc
from opassay.adapters.oracle.hypotheses.question import ask
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel, Mistake, Source, right

When = Callable[[Question], bool]
Spoil = Callable[[np.ndarray], np.ndarray]


def mistakes(
    name: str,
    says: str,
    kernel: Kernel,
    ops: str | Sequence[str],
    aspects: Sequence[str] = ("value",),
    source: Source | None = None,
    declares: bool = False,
) -> tuple[Mistake, ...]:
    """The same mistake in each of ``ops`` and ``aspects``."""
    named = (ops,) if isinstance(ops, str) else ops
    return tuple(Mistake(name, op, a, says, lambda: kernel, source, declares) for op in named for a in aspects)


def asked(question: Question, told: Arrays, **attributes: Any) -> Arrays:
    """The answer with other ``inputs`` or attributes; the correct one where these have none of its shapes."""
    inputs = attributes.pop("inputs", None)
    try:
        found = right(ask(question.but(inputs=inputs, **attributes)))
    except ValueError:
        # ContractError is one.
        return told
    return found if _shapes(found) == _shapes(told) else told


def attributed(**changes: Callable[[Any], Any]) -> Kernel:
    """The answer with attributes changed by ``changes``."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        given = {name: change(question.attributes[name]) for name, change in changes.items()}
        return asked(question, told, **given)

    return kernel


def _shapes(arrays: Arrays) -> list[tuple[int, ...] | None]:
    return [None if a is None else a.shape for a in arrays]


def only(when: When, kernel: Kernel) -> Kernel:
    """``kernel`` where the question meets the condition, and no mistake elsewhere."""
    return lambda question, told: kernel(question, told) if when(question) else told


def spoilt(change: Spoil, outputs: Sequence[int] | None = None) -> Kernel:
    """``change`` applied to a copy of each array, or of those named; bfloat16 is changed as float64."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        return tuple(
            a if a is None or (outputs is not None and i not in outputs) else _changed(a, change)
            for i, a in enumerate(told)
        )

    return kernel


def _changed(array: np.ndarray, change: Spoil) -> np.ndarray:
    name = dtypes.dtype_name(array)
    wide = dtypes.widen(array).copy()
    return dtypes.narrow(change(wide), name).reshape(array.shape)


def in_layout(change: Callable[[np.ndarray], None]) -> Kernel:
    """``change`` applied in place to each image of the answer, as a view with channels last."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        layout = question.attributes["layout"]

        def one(values: np.ndarray) -> np.ndarray:
            change(to_nhwc(values, layout))
            return values

        return spoilt(one)(question, told)

    return kernel


def reading(position: int, change: Callable[[np.ndarray, Question], np.ndarray]) -> Kernel:
    """The input at ``position``, changed by ``change``, which takes and returns a wide format."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        x = question.inputs[position]
        read = dtypes.narrow(change(dtypes.widen(x).copy(), question), dtypes.dtype_name(x))
        return asked(question, told, inputs=(*question.inputs[:position], read, *question.inputs[position + 1 :]))

    return kernel


def dtype(question: Question) -> str:
    """The dtype of the last input, which is never an index."""
    return dtypes.dtype_name(question.inputs[-1])


def is_float(question: Question) -> bool:
    return dtypes.is_float(dtype(question))
