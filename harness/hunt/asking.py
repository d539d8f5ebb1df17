"""A predicate over cases, "still shows the difference": memoized, with a limit on the number of runs."""

from __future__ import annotations

from collections.abc import Callable

from opassay.harness.model.case import Case

Fails = Callable[[Case], bool]
"""Whether a case still shows the difference that is being shrunk."""


class Asking:
    """``fails``, memoized and limited. Beyond the limit, a case that was not run counts as passing.

    A verdict that changes between two calls would confuse a shrinker, so each case runs once. A case for which
    ``admits`` is false never runs.
    """

    def __init__(self, fails: Fails, limit: int, admits: Fails = lambda case: True) -> None:
        self._fails, self._admits = fails, admits
        self._known: dict[str, bool] = {}
        self._limit = limit

    @property
    def asked(self) -> int:
        """The number of verdicts so far."""
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
