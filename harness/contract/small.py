"""One small call per op: the example of its class, or what the simplest entries of its own tables give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from opassay.harness.contract.observe import Arrays, Attributes
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.case import Case
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import INDEX_KINDS, LITERAL_LIMIT, Fill
from opassay.harness.model.op import Example, Op
from opassay.harness.model.reference import Reference
from opassay.harness.plan import generate

Told = list[tuple[tuple[int, ...], str]]
"""Shape and dtype of each answer."""
GEOMETRIES = 120
"""Numbers of a stream in which each dtype of an op occurs."""
PLAIN = ("dilation", "groups")
"""Draws whose simplest entry stays: many frameworks lack the rest, and limits are not what these calls are about."""

DTYPES_IN_TURN = 4
"""Of the dtypes of an op, a sample asks one in so many, another of each op."""


class Calls:
    """The calls of the ops that an adapter has.

    ``interface``: the names of all ops. ``every``: of those of a class, every how manieth is asked, from number
    ``first`` on.
    """

    def __init__(self, adapter: Adapter, every: int = 1, first: int = 0) -> None:
        self._every, self._first = every, first
        has = set(adapter.ops())
        self._known = {op.name: op for op in Registry().ops()}
        self.interface = tuple(self._known)
        single = [op for op in self._known.values() if op.name in has and not op.staged]
        self._alone = [op for op in single if op.example is None]
        self._ops = [op for op in single if op.example is not None][first % every :: every]

    @property
    def any_shape(self) -> list[str]:
        """Ops of one tensor that take any shape and keep it, also without attributes."""
        return sorted(op.name for op in (*self._alone, *self._ops) if _plain(op) and "sized_by_values" not in op.traits)

    def alone(self, dtype: str) -> dict[str, tuple[Arrays, Attributes]]:
        """Those of ops that are of no class, by op, where the contract has this dtype: each op of another kind."""
        return _calls(self._alone, dtype)

    def of(self, dtype: str) -> dict[str, tuple[Arrays, Attributes]]:
        """All of them."""
        return _calls((*self._alone, *self._ops), dtype)

    def in_turn(self, dtype: str) -> dict[str, tuple[Arrays, Attributes]]:
        """Those of them whose turn it is: of a sample, each op is asked in one dtype of ``DTYPES_IN_TURN``."""
        turns = min(self._every, DTYPES_IN_TURN)
        at = dtypes.DTYPES.index(dtype) + self._first
        return {op: c for op, c in self.of(dtype).items() if (self.interface.index(op) + at) % turns == 0}

    def answers(self, op: str, arrays: Arrays, attributes: Attributes) -> Told:
        """What the call answers, as the contract has it."""
        return [(r.exact.shape, r.dtype) for r in self.references(op, arrays, attributes)]

    def references(self, op: str, arrays: Arrays, attributes: Attributes) -> list[Reference]:
        """The same with values."""
        return list(self._known[op].reference(attributes, arrays))

    def drawn(self, op: str, dtype: str) -> list[tuple[Arrays, Attributes]]:
        """Some of the smallest generated calls whose data have this dtype."""
        cases = [case for _, case in generate.cases(self._known[op], "value", 0, 0, GEOMETRIES, 1)]
        fit = [case for case in cases if not case.empty and case.tensors[-1].dtype == dtype]
        return [(case.inputs(), dict(case.attributes)) for case in sorted(fit, key=lambda case: case.size)[:8]]


def _plain(op: Op) -> bool:
    return len(op.inputs) == 1 and not op.attributes and bool(_calls([op], "float32"))


def _calls(ops: Sequence[Op], dtype: str) -> dict[str, tuple[Arrays, Attributes]]:
    made = {op.name: op.example(dtype) if op.example else _simplest(op, dtype) for op in ops}
    return {name: call for name, call in made.items() if call is not None}


def _simplest(op: Op, dtype: str) -> Example | None:
    """Of the op's own tables, the first entries that are not 1, as many as a literal holds.

    None for a dtype that is none of them.
    """
    draw = op.geometries() if op.geometries else None
    if draw is None or dtype not in draw.tables[draw.names.index("dtype")]:
        return None
    case = draw.made(_places(draw, dtype)).case
    called = case.with_fills([t.fill if t.fill.kind in INDEX_KINDS else Fill("iota") for t in case.tensors])
    return tuple(map(_signed, called.inputs())), dict(called.attributes)


def _signed(x: np.ndarray) -> np.ndarray:
    """Every other element below 0, without which a relu that works in place changes nothing; integers stay."""
    dtype = dtypes.dtype_name(x)
    if not dtypes.is_float(dtype):
        return x
    values = dtypes.widen(x)
    return dtypes.narrow(np.where(np.arange(x.size).reshape(x.shape) % 2, -values, values), dtype)


def _places(draw: Draw, dtype: str) -> list[int]:
    tables = dict(zip(draw.names, draw.tables, strict=True))
    places = [table.index(dtype) if name == "dtype" else 0 for name, table in tables.items()]
    for position, (name, table) in enumerate(tables.items()):
        if name not in PLAIN and _beyond_one(table):
            more = [*places[:position], _beyond_one(table), *places[position + 1 :]]
            places = more if _is_small(draw.made(more).case) else places
    return places


def _beyond_one(table: Sequence[Any]) -> int:
    """Where the simplest entry is an extent or a step of 1, the place of the first that is another; else 0."""
    ones = (1, (1,), (1, 1), (1, 1, 1))
    return next((i for i, entry in enumerate(table) if entry not in ones), 0) if table[0] in ones else 0


def _is_small(case: Case) -> bool:
    return all(tensor.size <= LITERAL_LIMIT for tensor in case.tensors)
