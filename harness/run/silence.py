"""How long a worker has been silent, and whether a busy machine excuses it."""

from __future__ import annotations

import time

from opassay.harness.run.process import WorkerProcess

PATIENCE = 5
"""Multiple of its limit that a worker may be silent on a busy machine that gave it less than half of that as CPU time,
or while it grows so fast that it exceeds its memory by then."""

WAITS = 0.01
"""Least share of its limit that a runnable worker gets as CPU time, with up to a hundred processes per core. A worker
that got less, and has no child that computes for it, is blocked on something other than a core."""

SLEEPS = 2.0
"""Seconds after which a worker that is blocked on something other than a core is said to sleep."""


class Silence:
    """The time since a worker's last message, and its CPU time and memory when it was first looked at since then.

    ``asleep``: it has computed nothing since then, for ``SLEEPS`` or longer.
    """

    def __init__(self) -> None:
        self._heard, self._looked, self._seconds, self._held = time.monotonic(), 0.0, 0.0, 0
        self._counted = self.asleep = False

    def end(self) -> None:
        """The worker has sent something, or was given something."""
        self._heard, self._counted, self.asleep = time.monotonic(), False, False

    def length(self, away: float) -> float:
        """Seconds of silence, without those of the last ``away`` seconds, in which this process did not listen."""
        now = time.monotonic()
        self._heard = min(now, self._heard + away)
        return now - self._heard

    def look(self, process: WorkerProcess, memory: int) -> None:
        """Note CPU time and memory, in bytes, at the first look since the last message, and later whether it sleeps."""
        if not self._counted:
            self._looked, self._seconds, self._held, self._counted = time.monotonic(), process.seconds(), memory, True
        elif not self.asleep and (looked := time.monotonic() - self._looked) > SLEEPS:
            self.asleep = process.seconds() - self._seconds < WAITS * looked and not process.parental()

    def excused(self, process: WorkerProcess, silent: float, limit: float, memory: int, most: int) -> bool:
        """Whether ``silent`` seconds beyond ``limit`` are no hang yet on a busy machine; ``most``: its memory limit."""
        return silent < limit * PATIENCE and (self._grows(memory, most) or self._starved(process, limit))

    def _starved(self, process: WorkerProcess, limit: float) -> bool:
        """Whether the worker got too little CPU time for its silence to count as a hang."""
        used = process.seconds() - self._seconds
        return used < limit / 2 and (used > WAITS * limit or process.parental())

    def _grows(self, memory: int, most: int) -> bool:
        """Whether the worker, at its rate of growth, exceeds its memory before the patience ends."""
        return (memory - self._held) * PATIENCE > most - self._held
