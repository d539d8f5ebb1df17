"""A fork server: a process that has imported a framework, and forks a worker of itself whenever it is asked to.

Importing a framework takes seconds, and every case that ends its worker costs another start. A fork of a process that
has imported it and done nothing else takes milliseconds, and has computed nothing either. The idea is that of
https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods, whose own children must be started by
``multiprocessing`` itself.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import threading
from pathlib import Path
from typing import Any

from opassay.harness.worker.orphan import end_with_parent

DESCRIPTORS = 3
"""A worker's standard input, output and error, sent with each request."""

OWN_FORK = frozenset({"jemalloc_bg_thd"})
"""Threads of libraries that stop before a fork and start after it. jemalloc (pyarrow's):
https://github.com/jemalloc/jemalloc/blob/5.3.0/src/background_thread.c, ``background_thread_prefork0``."""


def forked(config: dict[str, Any]) -> bool:
    """Import the adapter of ``config`` and serve ``config["control"]``: True in each worker, False once all is done.

    Messages are one JSON object each: to here, any with three descriptors asks for a worker; from here ``{"pid": n}``
    answers it, ``{"ended": n, "code": c}`` tells its end, with a code as of ``subprocess.Popen``. Nothing is served
    where the import fails, or leaves threads running: they would be missing in a fork, whatever they hold.
    """
    control = socket.socket(fileno=config["control"])
    if config["bound"]:
        end_with_parent()
    importlib.import_module(config["adapter"].partition(":")[0])
    importlib.import_module(config["programs"])
    if other_threads():
        return False
    # The garbage collector would write to every object, and so copy every shared page.
    gc.freeze()
    # Workers are forked by the thread that lives as long as this process.
    config["bound"] = True
    return _serve(control)


def other_threads() -> list[str]:
    """The names of this process's threads besides the calling one, less those that survive a fork. Linux only."""
    own = threading.get_native_id()
    tasks = [path for path in Path("/proc/self/task").iterdir() if path.name != str(own)]
    return [name for path in tasks if (name := (path / "comm").read_text().strip()) not in OWN_FORK]


def _serve(control: socket.socket) -> bool:
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    os.set_blocking(woken, False)
    before = signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wakes)
    with selectors.DefaultSelector() as ready:
        ready.register(control, selectors.EVENT_READ)
        ready.register(woken, selectors.EVENT_READ)
        while True:
            files = {key.fd for key, _ in ready.select()}
            if woken in files:
                os.read(woken, 512)
                _tell_ended(control)
            if control.fileno() not in files:
                continue
            message, descriptors, _, _ = socket.recv_fds(control, 512, DESCRIPTORS)
            if not message:
                return False
            pid = os.fork()
            if pid == 0:
                break
            for descriptor in descriptors:
                os.close(descriptor)
            _tell(control, pid=pid)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, before)
    for descriptor in (woken, wakes):
        os.close(descriptor)
    control.close()
    _take(descriptors)
    return True


def _take(descriptors: list[int]) -> None:
    """Give a forked process what ``subprocess`` would have set up."""
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)


def _tell_ended(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _tell(control, ended=pid, code=os.waitstatus_to_exitcode(status))


def _tell(control: socket.socket, **message: int) -> None:
    control.send(json.dumps(message).encode())
