"""Seconds and memory of the deconvnet in AlexNet's geometry: ``python tests/benchmarks/alexnet_pin.py [TARGET]...``.

Starts each target's worker afresh, asks it for the pin once, and prints the wall time from the question to the verdict
(the oracle's work included) and the worker's largest resident memory.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import psutil

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.harness.plan.plan import Item, Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices


def measure(target: str) -> tuple[str, float, float]:
    """Verdict, seconds and GiB."""
    campaign = Campaign(Request(targets=[target], ops=["deconvnet"], settings=Settings(timeout=120)))
    op = campaign.ops[0]
    (pin,) = [pin for pin in op.pins if pin.name == "deconvnet_alexnet"]
    with campaign.engine() as engine:
        check_devices(engine)
        (lane,) = engine.lanes.values()
        peak, done = [0], threading.Event()
        watch = threading.Thread(target=_watch, args=(lane.process.pid, peak, done))
        watch.start()
        started = time.perf_counter()
        ((_, _, judgement),) = engine.ask(op, Item(-1, pin.case, True))
        seconds = time.perf_counter() - started
        done.set()
        watch.join()
    return f"{judgement.verdict} {judgement.message}".strip(), seconds, peak[0] / 2**30


def _watch(pid: int, peak: list[int], done: threading.Event) -> None:
    process = psutil.Process(pid)
    while not done.wait(0.02):
        peak[0] = max(peak[0], process.memory_info().rss)


if __name__ == "__main__":
    total = 0.0
    for name in sys.argv[1:] or ["jax", "tensorflow", "torch"]:
        verdict, seconds, memory = measure(name)
        total += seconds
        print(f"{name}: {verdict}, {seconds:.1f} s, {memory:.2f} GiB")
    print(f"all: {total:.1f} s")
