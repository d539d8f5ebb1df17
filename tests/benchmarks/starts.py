"""Starts of workers, by themselves and by fork, side by side: ``python tests/benchmarks/starts.py TARGET …``.

Each is counted from its start to its hello, the two kinds in turn, without the one import that the fork server needs.
"""

from __future__ import annotations

import queue
import statistics
import sys
import time
from functools import partial

from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.fork_server import Starts
from opassay.harness.run.process import WorkerProcess

ROUNDS = 5


def seconds(start, spec, events):
    """How long a worker takes to say hello."""
    began = time.perf_counter()
    worker = start(spec)
    said = events.get(timeout=300)
    took = time.perf_counter() - began
    assert said.header is not None, "the worker ended"
    assert said.header["type"] == "hello", said.header
    worker.kill()
    while events.get(timeout=60).header is not None:
        pass
    return took


def main(targets):
    campaign = Campaign(Request(targets=targets, ops=["relu"], aspects=["value"], settings=Settings(cases=1)))
    for label, spec in campaign.engine()._workers.values():
        events = queue.Queue()
        forking = Starts(events)
        seconds(forking.worker, spec, events)
        by_itself = partial(WorkerProcess, events=events)
        took = {"by itself": [], "forked": []}
        for _ in range(ROUNDS):
            took["by itself"].append(seconds(by_itself, spec, events))
            took["forked"].append(seconds(forking.worker, spec, events))
        forking.close()
        alone, forked = (statistics.median(found) for found in took.values())
        print(f"{label}: by itself {alone:.2f} s, forked {forked:.2f} s, ratio {alone / forked:.0f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
