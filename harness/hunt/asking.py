"""Whether a case still shows a difference: memoized, with a limit on the number of runs."""

from __future__ import annotations

from collections.abc import Callable

from opassay.harness.model.case import Case

Fails = Callable[[Case], bool]
"""Whether a case still shows the difference that is being shrunk."""


class Asking:
    """``fails`` with a memory and a limit: a case that was not asked before the limit counts as passing.

    A verdict that changed between two calls would confuse every shrinker, so each case is asked once. A case that
    ``admits`` does not let pass is never asked.
    """

    def __init__(self, fails: Fails, limit: int, admits: Fails = lambda case: True) -> None:
        self._fails, self._admits = fails, admits
        self._known: dict[str, bool] = {}
        self._limit = limit

    @property
    def asked(self) -> int:
        """How many verdicts were needed so far."""
        return len(self._known)

    @property
    def left(self) -> int:
        return self._limit - len(self._known)

    def __call__(self, case: Case) -> bool:
        if case.id not in self._known:
            if self.left <= 0 or not self._admits(case):
                return False
            self._known[case.id] = self._fails(case)
        return self._known[case.id]

    def first(self, cases: list[Case]) -> Case | None:
        """The first of ``cases`` that still fails."""
        return next((case for case in cases if self(case)), None)
