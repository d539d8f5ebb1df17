"""The Dask cluster of a campaign: one on this machine, or an existing scheduler's."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from opassay.harness.find.located import UsageError
from opassay.harness.fleet.answer import shut_down
from opassay.harness.fleet.place import HINT
from opassay.harness.run.machine import usable_cores

LOCAL = "local"
CONNECT = 10.0
"""Seconds within which a scheduler must answer."""

LOOK = 5.0
"""Seconds for which its list of workers is cached: for a thousand workers it is long."""

Resources = Mapping[str, float]


class Cluster:
    """A scheduler and its workers."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._seen: tuple[float, dict[str, dict[str, Any]]] = (-LOOK, {})
        self._executors: dict[tuple[tuple[str, float], ...], Executor] = {}

    @property
    def dashboard(self) -> str:
        return str(self._client.dashboard_link or "")

    def workers(self) -> dict[str, dict[str, Any]]:
        """The scheduler's data on each worker, by address; the last ones once it is gone."""
        since, found = self._seen
        if time.monotonic() - since >= LOOK and self.alive():
            with contextlib.suppress(OSError, TimeoutError):
                found = dict(sorted(self._client.scheduler_info(n_workers=-1)["workers"].items()))
            self._seen = time.monotonic(), found
        return found

    def threads(self) -> int:
        """The number of tasks that run at the same time."""
        return sum(int(worker["nthreads"]) for worker in self.workers().values())

    def executor(self, resources: Resources) -> Executor:
        """An executor on the workers that have ``resources``. Tasks of a lost worker go to another one."""
        key = tuple(sorted(resources.items()))
        if key not in self._executors:
            self._executors[key] = self._client.get_executor(pure=False, resources=dict(resources) or None)
        return self._executors[key]

    def having(self, resources: Resources) -> list[str]:
        """The workers that have ``resources``."""
        return [
            address
            for address, worker in self.workers().items()
            if all(worker["resources"].get(name, 0) >= amount for name, amount in resources.items())
        ]

    def on_each(self, work: Callable[..., Any], arguments: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
        """What ``work`` returns, or the exception it raises, on each of these workers."""
        futures = {
            address: self._client.submit(work, *given, workers=[address], allow_other_workers=False, pure=False)
            for address, given in arguments.items()
        }
        return {address: _outcome(future) for address, future in futures.items()}

    def memory(self) -> int:
        """The memory in bytes of the smallest worker, as far as the scheduler knows."""
        return min((int(worker["memory_limit"] or 0) for worker in self.workers().values()), default=0)

    def alive(self) -> bool:
        """Whether the scheduler still answers."""
        return bool(self._client.status == "running")

    def shut_down(self) -> None:
        """End the frameworks' workers in the cluster's processes."""
        if self.alive():
            self._client.run(shut_down, on_error="ignore")


def _outcome(future: Any) -> Any:
    try:
        return future.result()
    except Exception as error:
        return error


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster at ``address``, or a new one on this machine. Raises ``UsageError`` if none answers."""
    distributed = _distributed()
    # Lost workers and connections are reported in one line here, instead of many by Dask's loggers.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with _own_cluster(distributed, address) as where, _client(distributed, where, address) as client:
        cluster = Cluster(client)
        if not cluster.workers():
            raise UsageError(f"the scheduler at {address} has no workers: start one with 'dask worker {address}'")
        try:
            yield cluster
        finally:
            cluster.shut_down()


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise UsageError(f"--scheduler needs Dask, which is not installed; try: {HINT}") from None
    return distributed


@contextmanager
def _own_cluster(distributed: Any, address: str) -> Iterator[Any]:
    name, _, count = address.partition(":")
    if name != LOCAL or not (count or "1").isdecimal():
        if "://" not in address:
            raise UsageError(
                f"--scheduler expects local, local:N or an address such as tcp://host:8786, got {address!r}"
            )
        yield address
        return
    with _unheard():
        cluster = distributed.LocalCluster(
            n_workers=int(count or usable_cores()),
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
        )
    with cluster:
        yield cluster


@contextmanager
def _unheard() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C, which this process handles."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _client(distributed: Any, where: Any, address: str) -> Iterator[Any]:
    try:
        client = distributed.Client(where, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"no scheduler answers at {address}: {said:.200}") from None
    try:
        yield client
    finally:
        client.close(timeout=2)


def resources_of(device: str) -> dict[str, float]:
    """The Dask resources that a device needs: none for the CPU, ``cuda=1`` for ``cuda:0``."""
    kind = device.partition(":")[0]
    return {} if kind == "cpu" else {kind: 1}


def together(devices: Collection[str]) -> dict[str, float]:
    """The Dask resources for all of these devices."""
    return dict(Counter(dict.fromkeys((name for device in devices for name in resources_of(device)), 1)))
