"""Progress of a run on stderr: a live line on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from opassay.harness.doors.consoles import say_line, watched
from opassay.harness.doors.pace import NONE, Clock, Pace, duration
from opassay.harness.model.verdicts import Record
from opassay.harness.plan.budget import ToCome

EVERY = 30.0
"""Seconds between two lines without a terminal: CI systems end what is silent for minutes."""

Say = Callable[[str], None]
Judged = Callable[[Record], None]


class Lines:
    """For logs and pipes: a line when a phase begins, and one every ``EVERY`` seconds during it."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._began = self._last = clock()

    def say(self, text: str) -> None:
        """A line with the time since the run began."""
        self._last = self._clock()
        clock = f"[{duration(self._last - self._began)}]"
        say_line(self._console, f"{clock} {text}")

    def tick(self, text: str) -> None:
        """Print the line that is due, if any."""
        if self._clock() - self._last >= EVERY:
            self.say(text)

    @contextmanager
    def phase(self, name: str) -> Iterator[Say]:
        """A phase of the run. Text given to ``Say`` appears in its next line."""
        now = [f"still {name}"]
        self.say(name)
        with self._ticking(lambda: now[0]):
            yield lambda text: now.__setitem__(0, text)

    @contextmanager
    def judging(self, planned: ToCome, held: Mapping[str, int] = NONE) -> Iterator[Judged]:
        """``planned``: the records to come; ``held``: answers of cases that are asked twice, so far."""
        pace = Pace(planned, self._clock, held)
        self.say(f"{pace.total:,} answers to judge")
        with self._ticking(lambda: str(pace)):
            yield pace.add
        self.say(f"{pace.done:,} of {pace.total:,} judged in {duration(pace.seconds)}, {pace.new:,} new, {pace.rate}")

    @contextmanager
    def _ticking(self, text: Callable[[], str]) -> Iterator[None]:
        """In a thread of its own: a framework may compile, or a page be written, for any time."""
        over = threading.Event()

        def tick() -> None:
            while not over.wait(1.0):
                self.tick(text())

        thread = threading.Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


class Moving:
    """For terminals: one line that is overwritten, with a clock."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self._console, self._clock = console, clock

    @contextmanager
    def phase(self, name: str) -> Iterator[Say]:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Bars(*columns, console=self._console, transient=True) as bars:
            task = bars.add_task(name, total=None)
            yield lambda text: bars.update(task, description=text)

    @contextmanager
    def judging(self, planned: ToCome, held: Mapping[str, int] = NONE) -> Iterator[Judged]:
        """``planned``: the records to come; ``held``: answers of cases that are asked twice, so far."""
        pace = Pace(planned, self._clock, held)
        columns = (BarColumn(6), _PaceColumn(pace), TimeElapsedColumn())
        with Bars(*columns, console=self._console, transient=True) as bars:
            task = bars.add_task("", total=pace.total)

            def judged(record: Record) -> None:
                pace.add(record)
                bars.update(task, advance=1)

            yield judged


class _PaceColumn(ProgressColumn):
    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace

    def render(self, task: Task) -> Text:
        return Text(str(self._pace), no_wrap=True, overflow="ellipsis")


def progress_on(console: Console) -> Lines | Moving:
    """The progress for stderr, where ``console`` prints."""
    return Moving(console) if watched(sys.stderr) else Lines(console)
