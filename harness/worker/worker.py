"""The worker: one adapter in a process of its own, answering batches until its input ends.

Imports only ``opassay.harness.model``, its half of ``opassay.harness.run``, one adapter and that adapter's framework.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import inspect
import os
import platform
import sys
import time
from typing import IO, Any

import numpy as np

from opassay.harness.model.adapter import Adapter, UnknownDevice
from opassay.harness.model.case import load_cases
from opassay.harness.worker import wire
from opassay.harness.worker.execute import Executor
from opassay.harness.worker.functions import Programs
from opassay.harness.worker.installed import foreign_module, too_old
from opassay.harness.worker.orphan import end_with_parent

PATIENCE, GRACE = 6, 15.0
"""A silent worker ends itself after so many times its limit and so many seconds more: later than the parent ends it."""


def main(config: dict[str, Any]) -> None:
    """Serve the parent that started this process; ``config`` as ``WorkerSpec.config`` makes it."""
    if config["bound"]:
        end_with_parent()
    source, sink = _take_descriptors()
    _leave_no_core()
    try:
        adapter = _loaded(config)
        programs = importlib.import_module(config["programs"])
        _check_origins(adapter, config)
        _warm_up(adapter, config["mode"])
        wire.write(sink, _hello(adapter, programs, config))
    except Exception as error:
        wire.write(sink, {"type": "failed", "why": _why(error)[:2000], "usage": isinstance(error, UnknownDevice)})
        return
    executor = Executor(adapter, config["mode"], programs, tuple(config["adapter_files"]), config["max_output"])
    _serve(executor, source, sink)


def _take_descriptors() -> tuple[IO[bytes], IO[bytes]]:
    # Frameworks print from C: the wire moves to descriptors of its own, and 1 becomes stderr.
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


def _leave_no_core() -> None:
    # A campaign may see a thousand crashes, each with gigabytes of core file. The limit exists on Unix only.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _loaded(config: dict[str, Any]) -> Adapter:
    """The adapter. Raises ``Unfit`` if its framework is too old, even if importing it failed otherwise."""
    try:
        return _load(config)
    finally:
        if why := too_old(*config["needs"]):
            raise Unfit(why)


def _load(config: dict[str, Any]) -> Adapter:
    if error := config.get("failed"):
        raise error
    module, _, name = config["adapter"].partition(":")
    cls = getattr(importlib.import_module(module), name, None)
    if not (isinstance(cls, type) and issubclass(cls, Adapter)):
        raise TypeError(f"{config['adapter']} is not a subclass of opassay.Adapter")
    adapter = cls(config["device"])
    if config["mode"] not in adapter.modes:
        raise ValueError(f"{adapter.name} has no mode {config['mode']!r}; it has: {', '.join(adapter.modes)}")
    return adapter


def _warm_up(adapter: Adapter, mode: str) -> None:
    """Compile once: what a compiler loads and builds the first time must not make a case hang."""
    if mode in adapter.costly_modes:
        # If even this fails, each case will report it.
        with contextlib.suppress(Exception):
            adapter.compile(lambda x: (x + x,), mode)(*adapter.arguments([np.ones(1, np.float32)], mode))


def _check_origins(adapter: Adapter, config: dict[str, Any]) -> None:
    """An interpreter that was asked for must answer with packages of its own."""
    if config["foreign"]:
        origins = {adapter.name: adapter.origin(), "numpy": np.__file__}
        foreign = foreign_module(origins, inspect.getfile(type(adapter)))
        if foreign:
            raise Unfit(foreign)


class Unfit(Exception):
    """The interpreter cannot serve the target; the message says why."""


def _why(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"its Python {platform.python_version()} has no module {error.name!r}, which the adapter imports"
    return str(error) if isinstance(error, (UnknownDevice, Unfit)) else f"{type(error).__name__}: {error}"


def _hello(adapter: Adapter, programs: Programs, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "hello",
        "protocol": wire.PROTOCOL,
        "name": adapter.name,
        "version": adapter.version(),
        "origin": adapter.origin(),
        "prefix": sys.prefix,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "executor": adapter.executor(),
        "devices": list(adapter.devices()),
        "modes": list(adapter.modes),
        "fused": config["mode"] in adapter.fused_modes,
        "ops": [*adapter.ops(), *programs.available(adapter.ops())],
        "settings": dict(adapter.settings()),
        "rules": [rule.to_json() for rule in adapter.numeric_rules()],
    }


class _Watchdog:
    """Ends this process once it is late: a native loop that holds the GIL can only be ended from outside it."""

    def __init__(self) -> None:
        self._end = 0.0

    def expect(self, seconds: float) -> None:
        """A sign of life is due within ``seconds``; without it, the process ends between a third of ``GRACE`` and all
        of it later."""
        due = time.monotonic() + seconds
        # Setting the alarm starts a thread, which costs as much as a small case.
        if not due + GRACE / 3 <= self._end <= due + GRACE:
            faulthandler.dump_traceback_later(seconds + GRACE, exit=True)
            self._end = due + GRACE

    def rest(self) -> None:
        """No sign of life is due."""
        faulthandler.cancel_dump_traceback_later()
        self._end = 0.0


def _serve(executor: Executor, source: IO[bytes], sink: IO[bytes]) -> None:
    batch: dict[str, Any] = {}
    watchdog = _Watchdog()

    def announce(positions: list[int]) -> None:
        watchdog.expect(batch["timeout"] * len(positions) * PATIENCE)
        wire.write(sink, {"type": "start", "batch": batch["id"], "positions": positions})

    while (message := wire.read(source)) is not None:
        batch.update(message[0])
        cases = load_cases(batch["cases"])
        for position, outcome in executor.run(cases, batch["fuse"], announce, batch["repeat"]):
            header, buffers = wire.pack(outcome)
            # Flushed with the next announcement, before anything that may end the process.
            answer = {"type": "outcome", "batch": batch["id"], "position": position, **header}
            wire.write(sink, answer, buffers, flush=False)
        watchdog.rest()
        wire.write(sink, {"type": "done", "batch": batch["id"]})
