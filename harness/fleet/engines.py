"""Engines that live across the tasks of a process, since a framework takes seconds to start."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opassay.harness.model.target import Target
from opassay.harness.run.campaign import Campaign
from opassay.harness.run.engine import Engine


class Engines:
    """Engines of one target each, for one campaign; at most as many idle ones as it has targets."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._idle: list[tuple[Target, Engine]] = []
        self._lock = threading.Lock()
        atexit.register(self.close)

    @contextmanager
    def lent(self, target: Target, threads: int) -> Iterator[Engine]:
        """An engine with fresh counts, its worker ready or given up. An engine that fails is not lent again."""
        engine = self._take(target)
        try:
            _prepare(engine, threads)
            yield engine
        except BaseException:
            engine.stop()
            raise
        self._give(target, engine)

    def close(self) -> None:
        """Close the idle engines."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, engine in idle:
            engine.__exit__(None)

    def _take(self, target: Target) -> Engine:
        with self._lock:
            for place, (of, engine) in enumerate(self._idle):
                if of == target:
                    del self._idle[place]
                    engine.anew()
                    return engine
        engine = self._campaign.engine_of([target])
        engine.__enter__()
        return engine

    def _give(self, target: Target, engine: Engine) -> None:
        (lane,) = engine.lanes.values()
        if lane.state != "ready":
            engine.stop()
            return
        with self._lock:
            self._idle.append((target, engine))
            spare = self._idle.pop(0)[1] if len(self._idle) > len(self._campaign.targets) else None
        if spare is not None:
            spare.__exit__(None)


def _prepare(engine: Engine, threads: int) -> None:
    engine.wait_ready()
    (lane,) = engine.lanes.values()
    if lane.usable and lane.threads != threads:
        engine.use_threads(threads)
