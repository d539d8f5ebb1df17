"""The oracle's answers, computed once per case and kept while several targets need them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from opassay.harness.judge.several import Part, parts
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op, references, refusal
from opassay.harness.model.reference import Reference

BYTES = 128 * 2**20


class ReferenceCache:
    """References by question, kept until every target has asked for them.

    Beyond ``limit`` bytes the oldest are dropped, and computed again if needed.
    """

    def __init__(self, limit: int = BYTES) -> None:
        self._limit = limit
        self._held: OrderedDict[Hashable, tuple[Any, int, int]] = OrderedDict()
        self._size = 0

    def get(self, op: Op, case: Case, answers: Sequence[np.ndarray | None], targets: int = 1) -> tuple[Reference, ...]:
        """Raises what the oracle raises: ``ContractError`` for input outside the contract."""
        if op.staged:
            # Depends on the target's answer, so there is nothing to keep for the next one.
            return references(op, case, answers)
        found: tuple[Reference, ...] = self._ask(case.id, targets, lambda: references(op, case), _bytes)
        return found

    def refusal(self, op: Op, case: Case, targets: int = 1) -> str:
        """Why the oracle refuses a case of the aspect ``error``; empty where the contract allows it."""
        found: str = self._ask(("refusal", case.id), targets, lambda: refusal(op, case), len)
        return found

    def parts(self, op: Op, cases: Sequence[Case], targets: int = 1) -> tuple[Part, ...]:
        """The same for ``stackable`` cases of one geometry, all in one call."""
        key = tuple(case.id for case in cases)
        found: tuple[Part, ...] = self._ask(
            key, targets, lambda: parts(op, cases), lambda found: sum(_bytes(part.references) for part in found)
        )
        return found

    def _ask(self, key: Hashable, targets: int, make: Callable[[], Any], size_of: Callable[[Any], int]) -> Any:
        if key in self._held:
            found, size, waiting = self._held.pop(key)
            self._size -= size
        else:
            found, waiting = make(), targets
            size = size_of(found)
        self._keep(key, found, size, waiting)
        return found

    def _keep(self, key: Hashable, found: Any, size: int, asking: int) -> None:
        """Keep what one of ``asking`` targets has just received for the others."""
        if asking <= 1:
            return
        self._held[key] = (found, size, asking - 1)
        self._size += size
        while self._size > self._limit:
            self._size -= self._held.popitem(last=False)[1][1]


def _bytes(found: Sequence[Reference]) -> int:
    arrays = (value for reference in found for value in vars(reference).values() if isinstance(value, np.ndarray))
    return sum(array.nbytes for array in arrays)
