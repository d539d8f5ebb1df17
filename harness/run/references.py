"""The oracle's answers, computed once per case and kept while several targets need them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from harness.model.case import Case
from harness.model.op import Op, references
from harness.model.reference import Reference

BYTES = 128 * 2**20


class ReferenceCache:
    """References by case id, each until as many targets as there are have asked for it.

    The oldest go when all exceed ``limit`` bytes; they are then computed again.
    """

    def __init__(self, limit: int = BYTES) -> None:
        self._limit = limit
        self._held: OrderedDict[str, tuple[tuple[Reference, ...], int, int]] = OrderedDict()
        self._size = 0

    def get(self, op: Op, case: Case, answers: Sequence[np.ndarray | None], targets: int = 1) -> tuple[Reference, ...]:
        """Raises what the oracle raises: ``ContractError`` for input outside the contract."""
        if op.staged:
            # Depends on what the target answered, so there is nothing to keep for the next one.
            return references(op, case, answers)
        if case.id not in self._held:
            found = references(op, case)
            self._keep(case.id, found, sum(_bytes(reference) for reference in found), targets)
            return found
        found, size, waiting = self._held.pop(case.id)
        self._size -= size
        self._keep(case.id, found, size, waiting)
        return found

    def _keep(self, case_id: str, found: tuple[Reference, ...], size: int, asking: int) -> None:
        """Hold what was just handed to one of those ``asking`` for the others."""
        if asking <= 1:
            return
        self._held[case_id] = (found, size, asking - 1)
        self._size += size
        while self._size > self._limit:
            self._size -= self._held.popitem(last=False)[1][1]


def _bytes(reference: Reference) -> int:
    return sum(value.nbytes for value in vars(reference).values() if isinstance(value, np.ndarray))
