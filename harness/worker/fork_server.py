"""A fork server: a process that has imported a framework, and forks workers of itself.

Importing a framework takes seconds. A fork of a process that has imported it and done nothing else takes milliseconds,
and has computed nothing either. The idea is that of
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
import sys
import threading
from pathlib import Path
from typing import Any

from opassay.harness.worker.orphan import end_with_parent

MESSAGE = 4096
"""Bytes of a message at the most."""

DESCRIPTORS = 3
"""A worker's standard input, output and error, sent with each request."""

OWN_FORK = frozenset({"jemalloc_bg_thd"})
"""Threads of libraries that stop before a fork and start after it. jemalloc (pyarrow's):
https://github.com/jemalloc/jemalloc/blob/5.3.0/src/background_thread.c, ``background_thread_prefork0``."""


def forked(config: dict[str, Any]) -> bool:
    """Import the adapter of ``config``: True in each process that is to be a worker, False once all is done.

    The first worker has this process's standard streams. It is this very process, never to be forked, where the import
    fails, which ``config["failed"]`` keeps, or leaves threads: they would be missing in a fork, whatever they hold.
    Otherwise ``config["control"]`` is served. Messages are one JSON object each: to here, the ``environment`` of a
    further worker, with three descriptors; from here ``{"pid": n}`` answers it, as it tells of the first worker,
    ``{"ended": n, "code": c}`` tells an end, with a code as of ``subprocess.Popen``. The first has ``threads``, too:
    whether workers may have any number of them.
    """
    control = socket.socket(fileno=config["control"])
    if config["bound"]:
        end_with_parent()
    streams = [os.dup(number) for number in range(DESCRIPTORS)]
    # What an import prints must not be taken for a worker's messages.
    _redirect(os.open(os.devnull, os.O_RDONLY), 2, 2)
    adapter = _imported(config)
    sys.stdout.flush()
    if adapter is None or other_threads():
        control.close()
        _take(streams)
        return True
    # The collector would write to every object, and so copy every page that is shared.
    gc.freeze()
    # Workers are forked by the thread that lives as long as this process.
    config["bound"] = True
    pid = os.fork()
    if pid == 0:
        control.close()
        os.setsid()
        _take(streams)
        return True
    _let_go(streams)
    _tell(control, pid=pid, threads=bool(getattr(adapter, "threads_when_made", False)))
    return _serve(control)


def _imported(config: dict[str, Any]) -> Any:
    """The adapter's class, None where it cannot be had."""
    module, _, name = config["adapter"].partition(":")
    try:
        found = importlib.import_module(module)
        importlib.import_module(config["programs"])
    except Exception as error:
        config["failed"] = error
        return None
    return getattr(found, name, None)


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
    # The first worker may have ended before.
    _tell_ended(control)
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
            message, descriptors, _, _ = socket.recv_fds(control, MESSAGE, DESCRIPTORS)
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
    os.environ.update(json.loads(message)["environment"])
    os.setsid()
    _take(descriptors)
    return True


def _take(descriptors: list[int]) -> None:
    """Have these as standard streams, as ``subprocess`` would have started this process."""
    _redirect(*descriptors)
    for descriptor in descriptors:
        os.close(descriptor)


def _let_go(descriptors: list[int]) -> None:
    """Leave all standard streams, which are a worker's now."""
    nothing = os.open(os.devnull, os.O_RDWR)
    _redirect(nothing, nothing, nothing)
    for descriptor in (nothing, *descriptors):
        os.close(descriptor)


def _redirect(*sources: int) -> None:
    for number, source in enumerate(sources):
        os.dup2(source, number)


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
