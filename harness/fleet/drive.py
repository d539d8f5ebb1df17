"""Submits tasks to an executor, a few ahead of its workers, until none are left or enough is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from opassay.harness.fleet.tasks import Task

AHEAD = 2
"""Tasks per worker in flight: one that it answers, and one so that it never waits."""

LOOK = 1.0
"""Seconds between two checks whether enough is known, and whether the workers are alive."""


class Lost(Exception):
    """No worker is left that could answer."""


Submit = Callable[[Task], "Future[Any]"]


class Drive:
    """Submits ``tasks`` and yields each with its future when it is done, until ``enough()``.

    ``width``: how many may be in flight; asked each time, since workers come and go. ``alive``: whether answers may
    still come; ``Lost`` is raised if not. Leaving early cancels what has not begun.
    """

    def __init__(
        self, submit: Submit, width: Callable[[], int], enough: Callable[[], bool], alive: Callable[[], bool]
    ) -> None:
        self._submit, self._width, self._enough, self._alive = submit, width, enough, alive
        self._going: dict[Future[Any], Task] = {}

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Future[Any]]]:
        source = iter(tasks)
        try:
            while self._fill(source) or self._going:
                done, _ = wait(self._going, LOOK, FIRST_COMPLETED)
                if not self._alive():
                    raise Lost
                for future in done:
                    task = self._going.pop(future)
                    if not future.cancelled():
                        yield task, future
        finally:
            self.cancel()

    def _fill(self, source: Iterator[Task]) -> bool:
        """Submit as many as there is room for; False if no task is left."""
        if self._enough():
            return False
        for _ in range(max(1, self._width()) - len(self._going)):
            task = next(source, None)
            if task is None:
                return False
            self._going[self._submit(task)] = task
        return True

    def cancel(self) -> None:
        """Cancel what has not begun. Nobody waits for what a worker is computing."""
        for future in self._going:
            future.cancel()
