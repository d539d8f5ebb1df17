"""A case of the user's own arrays, and the answers to it that were computed elsewhere."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from opassay.harness.arrays.files import read
from opassay.harness.find.registry import UsageError, unknown
from opassay.harness.model import dtypes, stored
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import LITERAL_LIMIT, Fill
from opassay.harness.model.op import ContractError, Op, references


@dataclass(frozen=True)
class Own:
    """What was typed: an op, ``NAME=FILE`` for tensors, ``NAME=VALUE`` for attributes, ``NAME=FILE`` for answers."""

    op: str = ""
    tensors: Sequence[str] = ()
    attributes: Sequence[str] = ()
    answers: Sequence[str] = ()

    @property
    def given(self) -> bool:
        return bool(self.op or self.tensors or self.attributes or self.answers)


@dataclass(frozen=True)
class Question:
    """The case, its answers by name, and attributes that nobody gave."""

    case: Case
    answers: Mapping[str, np.ndarray] = field(default_factory=dict)
    assumed: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def question(op: Op, own: Own) -> Iterator[Question]:
    """The question while its arrays can be read. Raises ``UsageError`` for what is none that the contract allows."""
    with TemporaryDirectory() as folder:
        before = os.environ.get(stored.VARIABLE)
        os.environ[stored.VARIABLE] = folder
        try:
            yield _question(op, own, Path(folder))
        finally:
            os.environ.pop(stored.VARIABLE) if before is None else os.environ.update({stored.VARIABLE: before})


def _question(op: Op, own: Own, folder: Path) -> Question:
    files = pairs(own.tensors, "--tensor")
    if missing := [name for name in op.inputs if name not in files]:
        raise UsageError(f"{op.name} takes {', '.join(op.inputs)}: give --tensor {missing[0]}=FILE")
    if more := [name for name in files if name not in op.inputs]:
        raise UsageError(unknown(f"input of {op.name}", more[0], op.inputs))
    arrays = [read(files[name], name) for name in op.inputs]
    given = attributes(own.attributes)
    whole = with_defaults(op, given)
    case = case_of(op, arrays, whole, folder)
    answers = {name: read(file, name) for name, file in pairs(own.answers, "--answer").items()}
    return Question(case, answers, {n: v for n, v in whole.items() if n not in given})


def with_defaults(op: Op, given: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with the simplest value for each that is not given."""
    names = op.attributes or {}
    if more := [name for name in given if name not in names]:
        raise UsageError(unknown(f"attribute of {op.name}", more[0], names))
    draw = op.geometries() if op.geometries else None
    simplest = dict(draw.simplest.case.attributes) if draw is not None else {}
    return {name: given.get(name, simplest.get(name)) for name in names}


def case_of(op: Op, arrays: Sequence[np.ndarray], attributes: Mapping[str, Any], folder: Path) -> Case:
    """The case that asks ``op`` of these arrays, which lie in ``folder``; ``UsageError`` where that is no question."""
    tensors = tuple(_tensor(array, folder) for array in arrays)
    case = Case(op.name, tensors, attributes)
    try:
        references(op, case)
    except ContractError as error:
        raise UsageError(f"the arrays do not fit the contract of {op.name}: {error}") from None
    return case


def _tensor(array: np.ndarray, folder: Path) -> Tensor:
    name = dtypes.dtype_name(array)
    values = dtypes.widen(array).ravel().tolist() if array.size <= LITERAL_LIMIT and name != "float64" else []
    if values and not dtypes.is_float(name):
        values = [int(v) for v in values]
    # A NaN with other bits than NumPy's is not the same when it is written down.
    if values and not any(v != v for v in values):
        return Tensor(array.shape, name, Fill("literal", values=tuple(values)))
    return Tensor(array.shape, name, Fill("stored", stored.keep(array, folder)))


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` as a mapping."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{option} expects NAME=VALUE, got {text!r}")
        found[name.strip()] = value.strip()
    return found


def attributes(texts: Sequence[str], option: str = "--attr") -> dict[str, Any]:
    """``NAME=VALUE`` as attributes."""
    return {name: _value(value) for name, value in pairs(texts, option).items()}


def _value(text: str) -> Any:
    """A Python literal, with JSON's true and false, or a word."""
    spoken = {"true": True, "false": False}
    if text.lower() in spoken:
        return spoken[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
