"""Totals of one pytest run, over one process or several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from opassay.harness.run.known_rows import not_red

MARK = "opassay"
"""The property that marks opassay's items in reports."""

DESELECTED = "opassay_deselected"
"""The key under which a process of pytest-xdist reports how many items it was told to leave out."""

UNTESTED, LISTED = "version untested", "listed"
"""Properties of an item on an untested version: in words, and the number of differences that are not red for it."""

_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class Ran:
    """Counts the items of one pytest run. A run without any judged answer is red."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._items = self._judged = self.deselected = 0
        self._listed: Counter[str] = Counter()
        self.problem = ""

    def count(self, report: pytest.TestReport) -> None:
        told = dict(report.user_properties)
        if report.when == "call" and MARK in told:
            self._items += 1
            self._judged += int(str(told.get("ran", 0)))
            if UNTESTED in told:
                self._listed[str(told[UNTESTED])] += int(str(told.get(LISTED, 0)))

    def untested(self) -> Iterator[str]:
        """A line for each framework version that no fact was tested on."""
        for line, count in self._listed.items():
            yield f"{line}: {not_red(count, '--opassay-strict')}"

    def finish(self, session: pytest.Session, exitstatus: int) -> None:
        """Turn the run red if no item ran, or none judged anything, unless the user deselected all of them."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[DESELECTED] = self.deselected
        elif not self._config.option.collectonly and exitstatus in _ENDED:
            self.problem = self._nothing()
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if self.problem else exitstatus

    def _nothing(self) -> str:
        if not self._items and not self.deselected:
            return "no item of --opassay was run: nothing was tested"
        if self._items and not self._judged:
            return f"{self._items} items of --opassay ran and judged nothing: no target has what was asked for"
        return ""
