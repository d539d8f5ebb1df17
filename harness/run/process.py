"""The parent's end of one worker process: start, send, receive, kill."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

import psutil

from opassay.harness.find.registry import PROGRAMS
from opassay.harness.run.search_path import search_path, variable
from opassay.harness.store.cache import VARIABLE, cache_folder
from opassay.harness.worker import wire

_BOOT = Path(__file__).parents[1] / "worker" / "boot.py"
_HOME = _BOOT.absolute().parents[2]


PRINTED_CHUNK, PRINTED_CHUNKS = 4096, 64
"""Characters that are kept of a worker's output."""

DRAIN_LIMIT = 1.0
"""Seconds within which the pipes of an ended worker are read to their ends."""

LOST = "device lost"
"""How a worker ended that lost its device."""

LINGER = 5.0
"""Seconds that a worker may take to end after it has closed its output."""

YIELDING = 10
"""Niceness of a worker that yields: by sched(7) it gets a tenth of the time of any other process that wants the
core."""


@dataclass(frozen=True)
class WorkerSpec:
    """What to start: ``adapter`` as module:Class, on ``device``, in ``mode``, with ``python``.

    ``max_output``: bytes of one case's outputs from which on they are not sent.
    ``extra_roots`` maps further top-level names to their folder or file (an adapter of the user's). ``yields``: whether
    it leaves the cores to those that do not, since the run ends when the slowest has ended. ``needs``: the framework's
    package and its oldest version that works, each or empty. Workers of another ``generation`` are fresh: they come of
    another import.
    """

    adapter: str
    mode: str
    device: str = "cpu"
    python: str = sys.executable
    threads: int = 1
    yields: bool = False
    max_output: int = wire.MAX_OUTPUT
    extra_roots: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, str] = ("", "")
    generation: int = 0

    @property
    def foreign(self) -> bool:
        """Whether ``python`` is another interpreter than this one. Those of several environments may be one file."""
        given, own = Path(self.python).absolute(), Path(sys.executable).absolute()
        return given.parent != own.parent or given.resolve() != own.resolve()

    def config(self) -> dict[str, Any]:
        roots = {"opassay": str(_HOME), **self.extra_roots}
        home = [str(_HOME / "adapters") + os.sep, *self.extra_roots.values()]
        return {
            "adapter": self.adapter,
            "programs": PROGRAMS,
            "mode": self.mode,
            "device": self.device,
            "max_output": self.max_output,
            "foreign": self.foreign,
            "needs": self.needs,
            # Linux takes the end of the starting thread for the end of the parent.
            "bound": threading.current_thread() is threading.main_thread(),
            "roots": roots,
            "search_path": [] if self.foreign else search_path(),
            "adapter_files": home,
        }

    def environment(self) -> dict[str, str]:
        """The parent's environment, without variables that would change the packages or the number of threads."""
        inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        if not self.foreign and variable():
            inherited["PYTHONPATH"] = variable()
        fixed = {"PYTHONHASHSEED": "0", VARIABLE: cache_folder()}
        # Some frameworks read these when they are imported.
        return {**inherited, **self.counts(), **fixed, "OPASSAY_MODE": self.mode, **self.env}

    def counts(self) -> dict[str, str]:
        """The part of it that limits threads."""
        return dict.fromkeys(("OPASSAY_THREADS", "OMP_NUM_THREADS"), str(self.threads))


class Process(Protocol):
    """A worker's process, with the names of ``subprocess.Popen``. ``pid`` is 0 before it is known."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None
    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def kill_group(self) -> None:
        """Kill it and its children; nothing where it has ended."""


class Launched(subprocess.Popen[bytes]):
    """A process of its own session."""

    def kill_group(self) -> None:
        """Kill it and its children; nothing where it has ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def launch(spec: WorkerSpec, more: Mapping[str, Any], streams: Sequence[int], kept: Collection[int] = ()) -> Launched:
    """Start the interpreter of ``spec``, its configuration with ``more``, ``streams`` as its standard ones.

    ``kept``: further descriptors that stay open in it. Raises ``OSError`` where it cannot be started.
    """
    command = [spec.python, "-c", _BOOT.read_text(), json.dumps({**spec.config(), **more})]
    environment = spec.environment()
    stdin, stdout, stderr = streams
    process = Launched(
        command, stdin=stdin, stdout=stdout, stderr=stderr, env=environment, start_new_session=True, pass_fds=kept
    )
    if spec.yields and hasattr(os, "setpriority"):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, process.pid, own + YIELDING)
    return process


@dataclass(frozen=True)
class Message:
    """One event of a worker: a message, or its end (``header`` is None)."""

    worker: WorkerProcess
    header: dict[str, Any] | None
    buffers: list[bytes]
    problem: str = ""


class WorkerProcess:
    """A started worker. Its messages arrive in ``events``, from a thread that always drains its output."""

    def __init__(self, spec: WorkerSpec, events: queue.Queue[Message], process: Process | None = None) -> None:
        self._printed: deque[bytes] = deque(maxlen=PRINTED_CHUNKS)
        self._process: Process = process or launch(spec, {}, [subprocess.PIPE] * 3)
        self._outbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._events = events
        self._mute = self._lingered = False
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._drain, self._feed, self._listen)]
        for thread in self._threads:
            thread.start()
        threading.Thread(target=self._reap, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process has exited or closed its output; its last messages may still be in ``events``."""
        return self._mute or self._process.poll() is not None

    def send(self, message: dict[str, Any]) -> None:
        """Queue a message; never blocks."""
        self._outbox.put(message)

    def memory(self) -> int:
        """Resident bytes of the process, 0 when it is gone."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def seconds(self) -> float:
        """CPU seconds that the process has used, 0 when it is gone."""
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def parental(self) -> bool:
        """Whether it has child processes, such as a compiler, which may compute while it waits."""
        try:
            return bool(psutil.Process(self.pid).children())
        except psutil.Error:
            return False

    def kill(self) -> None:
        """Kill the process and its children."""
        self._process.kill_group()
        self._outbox.put(None)
        self._process.wait()

    def dismiss(self) -> None:
        """Close the process's input: nothing more will come."""
        self._outbox.put(None)

    def close(self) -> None:
        """Let the process end by itself; kill it if it does not within two seconds."""
        self.dismiss()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self.kill()

    def how_it_ended(self) -> str:
        """``SIGABRT``, ``exit 3`` or ``device lost``, of a process whose end arrived in ``events``."""
        code = self._process.poll()
        if self._lingered or code is None:
            return "closed its output"
        if code == wire.DEVICE_LOST:
            return LOST
        if code >= 0:
            return f"exit {code}"
        return signal.Signals(-code).name

    def last_words(self, limit: int = 2000) -> str:
        """The last lines that it printed."""
        self._threads[2].join(DRAIN_LIMIT)
        return b"".join(self._printed)[-limit:].decode(errors="replace").strip()

    def _drain(self) -> None:
        assert self._process.stdout is not None
        problem = ""
        try:
            while (message := wire.read(self._process.stdout, header_limit=wire.ANSWER_HEADER_LIMIT)) is not None:
                self._events.put(Message(self, *message))
        except (wire.WireError, OSError, ValueError) as error:
            problem = str(error)
        self._mute = True
        self._process.stdout.close()
        self._end()
        self._events.put(Message(self, None, [], problem))

    def _end(self) -> None:
        """Wait for the process, which has closed its output. In this thread, so that nothing else waits."""
        try:
            self._process.wait(LINGER)
        except subprocess.TimeoutExpired:
            self._lingered = True
            self.kill()

    def _listen(self) -> None:
        """Keep the end of what is printed: a framework may print gigabytes."""
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            while chunk := os.read(stream.fileno(), PRINTED_CHUNK):
                self._printed.append(chunk)

    def _reap(self) -> None:
        """Report an exit that the pipe hides: a child of the worker may keep it open."""
        self._process.wait()
        self._threads[0].join(DRAIN_LIMIT)
        if self._threads[0].is_alive():
            self.kill()
            self._events.put(Message(self, None, []))

    def _feed(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            while (message := self._outbox.get()) is not None:
                wire.write(self._process.stdin, message)
        with contextlib.suppress(OSError):
            self._process.stdin.close()
