"""One small call per op: those that are written down, and of ops that treat each element alone, their examples."""

from __future__ import annotations

from typing import Any

from opassay.harness.contract.observe import Arrays, Attributes
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.op import Op
from opassay.harness.model.reference import Reference
from opassay.harness.registry import Registry
from opassay.harness.run import generate

Told = list[tuple[tuple[int, ...], str]]
"""Shape and dtype of each answer."""
GEOMETRIES = 120
"""Numbers of a stream in which each dtype of an op occurs."""
DTYPES_IN_TURN = 4
"""Of the dtypes of an op, a sample asks one in so many, another of each op."""


class Calls:
    """The calls of the ops that an adapter has; ``examples``: the module of those that are written down.

    ``interface``: the names of all ops. ``every``: of those that have an example, every how manieth is asked, from
    number ``first`` on.
    """

    def __init__(self, adapter: Adapter, examples: Any, every: int = 1, first: int = 0) -> None:
        self._examples = examples
        self._every, self._first = every, first
        has = set(adapter.ops())
        self._has = has
        self._known = {op.name: op for op in Registry().ops()}
        self.interface = tuple(self._known)
        self._ops = [op for op in self._known.values() if op.example is not None and op.name in has][
            first % every :: every
        ]

    @property
    def any_shape(self) -> list[str]:
        """Ops of one tensor that take any shape, also without attributes."""
        return sorted({"relu", "stop_gradient"} & self._has | {op.name for op in self._ops if _plain(op)})

    def written(self, dtype: str) -> dict[str, tuple[Arrays, Attributes]]:
        """Those that are written down, by op, where the contract has this dtype: each op of another kind."""
        known = self._examples.small_calls(dtype) if dtype in dtypes.CORE else {}
        return {op: call for op, call in known.items() if op in self._has}

    def of(self, dtype: str) -> dict[str, tuple[Arrays, Attributes]]:
        """All of them."""
        found = self.written(dtype)
        made = {op.name: op.example(dtype) for op in self._ops if op.example is not None}
        return found | {name: call for name, call in made.items() if call is not None}

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
    takes = op.example is not None and op.example("float32") is not None
    return takes and len(op.inputs) == 1 and not op.attributes
