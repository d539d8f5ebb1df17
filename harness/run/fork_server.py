"""The parent's end of fork servers: a worker that replaces another starts without importing its framework again."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from typing import IO, Any

from opassay.harness.run.process import Message, WorkerProcess, WorkerSpec, launch

REQUEST = b"fork"


class Forked:
    """A process that a fork server starts, with the part of ``subprocess.Popen`` that ``WorkerProcess`` uses.

    ``pid`` is 0 until the server has answered, which may take as long as its framework's import.
    """

    def __init__(self, stdin: int, stdout: int, stderr: int) -> None:
        self.stdin: IO[bytes] | None = os.fdopen(stdin, "wb")
        self.stdout: IO[bytes] | None = os.fdopen(stdout, "rb")
        self.stderr: IO[bytes] | None = os.fdopen(stderr, "rb")
        self.pid = 0
        self.returncode: int | None = None
        self._unwanted = False
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def began(self, pid: int) -> None:
        """Called when the server has started it."""
        with self._lock:
            self.pid = pid
            unwanted = self._unwanted
        if unwanted:
            self._kill_group()

    def over(self, code: int) -> None:
        """Called when it has ended; only the first call counts."""
        with self._lock:
            if self.returncode is None:
                self.returncode = code
        self._ended.set()

    def poll(self) -> int | None:
        """Its exit status as of ``Popen``, None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises ``subprocess.TimeoutExpired``."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("a forked worker", timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def kill_group(self) -> None:
        """Kill it and its children; if the server has not started it yet, as soon as it has."""
        with self._lock:
            self._unwanted = True
            pid = self.pid
        if pid:
            self._kill_group()
        else:
            self.over(-signal.SIGKILL)

    def _kill_group(self) -> None:
        if not self._ended.is_set():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


class ForkServer:
    """A process that forks workers of one specification. ``usable`` until it ends, or finds that it cannot fork."""

    def __init__(self, spec: WorkerSpec) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            control = theirs.fileno()
            self._process = launch(spec, {"control": control}, subprocess.DEVNULL, [control])
        self._control = ours
        self.usable = True
        self._asked: deque[Forked] = deque()
        self._running: dict[int, Forked] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def fork(self) -> Forked | None:
        """A process that starts as soon as the server can; None if the server has ended."""
        (their_in, our_in), (our_out, their_out), (our_err, their_err) = os.pipe(), os.pipe(), os.pipe()
        forked = Forked(our_in, our_out, our_err)
        theirs = [their_in, their_out, their_err]
        try:
            with self._lock:
                socket.send_fds(self._control, [REQUEST], theirs)
                self._asked.append(forked)
        except OSError:
            self.usable = False
            for stream in (forked.stdin, forked.stdout, forked.stderr):
                assert stream is not None
                stream.close()
            return None
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        return forked

    def close(self) -> None:
        """End the server, and its children with it."""
        self._process.kill()
        self._process.wait()

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while message := self._control.recv(512):
                self._hear(json.loads(message))
        self.usable = False
        with self._lock:
            # Linux has killed its children, and drops the requests that it never read.
            for forked in (*self._asked, *self._running.values()):
                forked.over(-signal.SIGKILL)
            self._control.close()

    def _hear(self, message: dict[str, Any]) -> None:
        if "pid" in message:
            with self._lock:
                forked = self._asked.popleft()
            self._running[message["pid"]] = forked
            forked.began(message["pid"])
        elif message["ended"] in self._running:
            self._running.pop(message["ended"]).over(message["code"])


class Starts:
    """Starts the workers of an engine: the first of a specification as a process, its replacements by fork.

    A fork server costs one import, so it starts with the first replacement. Linux only; workers on other devices than
    the CPU are never forked, since forks of a device's driver were not tested.
    """

    def __init__(self, events: queue.Queue[Message]) -> None:
        self._events = events
        self._servers: dict[str, ForkServer | None] = {}

    def worker(self, spec: WorkerSpec) -> WorkerProcess:
        """A started worker that reports to ``events``. Raises ``OSError`` if its interpreter cannot be started."""
        return WorkerProcess(spec, self._events, self._forked(spec))

    def _forked(self, spec: WorkerSpec) -> Forked | None:
        if sys.platform != "linux" or spec.device != "cpu":
            return None
        key = json.dumps([spec.python, spec.yields, spec.config(), spec.environment()], sort_keys=True)
        if key not in self._servers:
            self._servers[key] = None
            return None
        server = self._servers[key]
        if server is None:
            server = self._servers[key] = ForkServer(spec)
        return server.fork() if server.usable else None

    def close(self) -> None:
        """End all servers."""
        for server in self._servers.values():
            if server is not None:
                server.close()
        self._servers.clear()
