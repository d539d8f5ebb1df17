"""Shrinking a case without its strategy: memory, fills, dtype, and last its values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from opassay.harness.hunt.asking import Asking, Fails
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import LITERAL_LIMIT, VALUE_KINDS, Fill
from opassay.harness.model.memory import Memory

SIMPLEST_DTYPE = "float32"
KEYLESS = ("ones", "iota")
"""Fills that are simplest with key 0."""


def plainer(case: Case, fails: Asking) -> Case:
    """``case`` with the simplest fills, memory and dtype that still fail: first of all tensors at once, then of
    each."""
    for simplify in (_fills, _memory, _dtype):
        for places in (range(len(case.all_tensors)), *([i] for i in range(len(case.all_tensors)))):
            candidates = (_changed(case, places, change) for change in simplify(case, places))
            found = fails.first([candidate for candidate in candidates if candidate != case])
            case = found or case
    return case


Change = Callable[[Tensor], Tensor]


def _changed(case: Case, places: Sequence[int], change: Change) -> Case:
    return case.with_tensors([change(t) if i in places else t for i, t in enumerate(case.all_tensors)])


def _memory(case: Case, places: Sequence[int]) -> Iterator[Change]:
    yield lambda tensor: replace(tensor, memory=Memory())


def _dtype(case: Case, places: Sequence[int]) -> Iterator[Change]:
    def change(tensor: Tensor) -> Tensor:
        return replace(tensor, dtype=SIMPLEST_DTYPE) if _holds_data(tensor) else tensor

    if len(places) == len(case.all_tensors):
        yield change


def _fills(case: Case, places: Sequence[int]) -> Iterator[Change]:
    kinds = [case.all_tensors[i].fill.kind for i in places if _holds_data(case.all_tensors[i])]
    most = max((VALUE_KINDS.index(kind) for kind in kinds), default=0)
    for kind in VALUE_KINDS[1 : most + 1]:

        def change(tensor: Tensor, kind: str = kind) -> Tensor:
            fill = Fill(kind, 0 if kind in KEYLESS else tensor.fill.key)
            return replace(tensor, fill=fill) if _holds_data(tensor) else tensor

        yield change


def _holds_data(tensor: Tensor) -> bool:
    """Whether its values are free: not indices, probes or pictures."""
    return tensor.fill.kind in VALUE_KINDS and tensor.fill.kind != "literal"


def halved(case: Case, fails: Asking) -> Case:
    """``case`` with as few consecutive bit patterns as still fail, if its one tensor enumerates bit patterns."""
    (tensor, *others) = case.all_tensors
    while not others and tensor.fill.kind == "every" and len(tensor.shape) == 1 and tensor.shape[0] > 1:
        half = tensor.shape[0] // 2
        ends = ((tensor.fill.key, half), (tensor.fill.key + half, tensor.shape[0] - half))
        parts = [replace(tensor, shape=(n,), fill=replace(tensor.fill, key=key)) for key, n in ends]
        found = fails.first([case.with_tensors([part]) for part in parts])
        if found is None:
            break
        case, tensor = found, found.tensors[0]
    return case


def fewest_values(case: Case, fails: Fails) -> Case:
    """``case`` with literal values, of which as many as possible are 0, then 1.

    Unchanged if a tensor has more than ``LITERAL_LIMIT`` elements, or if it passes with its values written out.
    """
    for place, tensor in enumerate(case.all_tensors):
        if tensor.fill.kind in (*VALUE_KINDS, "every") and 0 < math.prod(tensor.shape) <= LITERAL_LIMIT:
            case = _fewest(case, place, fails)
    return case


def _fewest(case: Case, place: int, fails: Fails) -> Case:
    tensor = case.all_tensors[place]
    # A longdouble's item(), into which float64 is widened, is not a Python number.
    number: type[int] | type[float] = float if dtypes.is_float(tensor.dtype) else int
    values = [number(v) for v in dtypes.widen(tensor.materialize()).ravel()]

    def literal(values: Sequence[Any]) -> Case:
        fill = Fill("literal", values=tuple(int(v) if _integral(v) else v for v in values))
        memory = Memory() if tensor.memory.kind == "broadcast" else tensor.memory
        return _changed(case, [place], lambda tensor: replace(tensor, fill=fill, memory=memory))

    if not fails(literal(values)):
        return case
    for simple in (0, 1):
        values = _replaced(values, simple, lambda changed: fails(literal(changed)))
    return literal(values)


def _integral(value: Any) -> bool:
    # An integer has no minus zero, and a long one reads badly.
    return isinstance(value, int) or bool(float(value).is_integer() and abs(value) < 2**24 and str(value) != "-0.0")


def _replaced(values: list[Any], simple: int, keeps: Callable[[list[Any]], bool]) -> list[Any]:
    """``values`` with as many as possible replaced by ``simple``, in ever shorter runs (Zeller's delta debugging)."""
    length = len(values)
    while length:
        for start in range(0, len(values), length):
            run = range(start, min(start + length, len(values)))
            changed = [simple if i in run and v != 0 else v for i, v in enumerate(values)]
            if changed != values and keeps(changed):
                values = changed
        length //= 2
    return values
