"""The parent's end of fork servers: all workers of an adapter come of one import of its framework."""

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
from dataclasses import replace
from typing import IO, Any

from opassay.harness.run.process import DRAIN_LIMIT, Message, WorkerProcess, WorkerSpec, launch


class Forked:
    """A process that a fork server starts, with the part of ``subprocess.Popen`` that ``WorkerProcess`` uses.

    ``theirs``: the other ends of its streams, to be closed once they have been given away. ``pid`` is 0, of the first
    the server's, until the server has answered, which may take as long as its framework's import.
    """

    def __init__(self) -> None:
        (their_in, our_in), (our_out, their_out), (our_err, their_err) = os.pipe(), os.pipe(), os.pipe()
        self.theirs = [their_in, their_out, their_err]
        self.stdin: IO[bytes] | None = os.fdopen(our_in, "wb")
        self.stdout: IO[bytes] | None = os.fdopen(our_out, "rb")
        self.stderr: IO[bytes] | None = os.fdopen(our_err, "rb")
        self.pid = 0
        self.returncode: int | None = None
        self._unwanted = False
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def given(self) -> None:
        """The process has its streams."""
        for descriptor in self.theirs:
            os.close(descriptor)

    def dropped(self) -> None:
        """There will be no process."""
        self.given()
        for stream in (self.stdin, self.stdout, self.stderr):
            assert stream is not None
            stream.close()

    def began(self, pid: int) -> None:
        """The server has started it."""
        with self._lock:
            self.pid = pid
            unwanted = self._unwanted
        if unwanted:
            self._kill_group()

    def over(self, code: int) -> None:
        """It has ended; only the first call counts."""
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
        """Kill it and its children; where it has not been started yet, as soon as it has."""
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
    """A process that forks workers of one specification, and of others that differ in their threads alone.

    ``first``: its first worker. ``usable`` until it has ended, or turns out not to be forked and is itself the first
    worker. Raises ``OSError`` where the interpreter cannot be started.
    """

    def __init__(self, spec: WorkerSpec) -> None:
        self.first, self.usable = Forked(), True
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            control = theirs.fileno()
            try:
                self._process = launch(spec, {"control": control}, self.first.theirs, [control])
            except OSError:
                self.first.dropped()
                ours.close()
                raise
        self.first.given()
        self.first.began(self._process.pid)
        self._control, self._counts, self._any_threads = ours, spec.counts(), False
        self._asked: deque[Forked] = deque([self.first])
        self._running: dict[int, Forked] = {}
        self._lock = threading.Lock()
        self._hearing = threading.Thread(target=self._listen, daemon=True)
        self._hearing.start()
        threading.Thread(target=self._reap, daemon=True).start()

    def fork(self, spec: WorkerSpec) -> Forked | None:
        """A process that starts as soon as the server can; None where it cannot."""
        if not self.usable or (spec.counts() != self._counts and not self._any_threads):
            return None
        forked, request = Forked(), json.dumps({"environment": spec.counts()})
        try:
            with self._lock:
                socket.send_fds(self._control, [request.encode()], forked.theirs)
                self._asked.append(forked)
        except OSError:
            self.usable = False
            forked.dropped()
            return None
        forked.given()
        return forked

    def close(self) -> None:
        """End the server, and with it what it has started."""
        self._process.kill_group()
        self._process.wait()

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while message := self._control.recv(512):
                self._hear(json.loads(message))
        self.usable = False

    def _hear(self, message: dict[str, Any]) -> None:
        if "pid" in message:
            with self._lock:
                forked = self._asked.popleft()
            self._any_threads |= message.get("threads", False)
            self._running[message["pid"]] = forked
            forked.began(message["pid"])
        elif message["ended"] in self._running:
            self._running.pop(message["ended"]).over(message["code"])

    def _reap(self) -> None:
        code = self._process.wait()
        self._hearing.join(DRAIN_LIMIT)
        self.usable = False
        with self._lock:
            # Linux has killed what it started. What still waits is the process itself, or a request that it never read.
            for forked in self._running.values():
                forked.over(-signal.SIGKILL)
            for forked in self._asked:
                forked.over(code)
            self._control.close()


class Starts:
    """Starts the workers of an engine, all that differ in nothing but their threads by one fork server.

    Only Linux has what it takes; a worker on another device than the processor starts by itself, since forks of a
    device's driver were not tried.
    """

    def __init__(self, events: queue.Queue[Message]) -> None:
        self._events = events
        self._servers: dict[str, ForkServer] = {}

    def worker(self, spec: WorkerSpec) -> WorkerProcess:
        """A started worker, which tells ``events``. Raises ``OSError`` where its interpreter cannot be started."""
        return WorkerProcess(spec, self._events, self._forked(spec))

    def _forked(self, spec: WorkerSpec) -> Forked | None:
        if sys.platform != "linux" or spec.device != "cpu":
            return None
        alike = replace(spec, threads=0)
        parts = [alike.python, alike.yields, alike.generation, alike.config(), alike.environment()]
        key = json.dumps(parts, sort_keys=True)
        server = self._servers.get(key)
        if server is not None:
            return server.fork(spec)
        self._servers[key] = ForkServer(spec)
        return self._servers[key].first

    def close(self) -> None:
        """End all servers."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()
