"""Whether a long run slows down or grows: ``python tests/benchmarks/growth.py [CASES]`` (100,000 by default).

One cheap op (relu, one fill) on torch, or another target named after the number. At 1 %, 10 % and 100 % of the cases it
prints the rate over the last 1 % and the resident memory of the parent and of its worker, and last the ratios of the
rates and of the memories at the end to those at 10 %.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from pathlib import Path

import psutil

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.machine import usable_cores
from opassay.harness.run.run import Run


def measure(target: str, cases: int) -> None:
    """Run ``cases`` geometries through the whole of ``opassay run`` but for its pages, printing as it goes."""
    # As many threads in both halves: with several, small ops are slower.
    settings = Settings(cases=cases, fills=1, threads=usable_cores())
    campaign = Campaign(Request(targets=[target], ops=["relu"], aspects=["value"], settings=settings))
    step = max(1, cases // 100)
    seen = {}
    with tempfile.TemporaryDirectory() as folder, campaign.engine() as engine:
        check_devices(engine)
        (lane,) = engine.lanes.values()
        records = Run(campaign, Path(folder)).execute(engine)
        for percent in range(1, 101):
            started = time.perf_counter()
            made = sum(1 for _ in itertools.islice(records, step))
            rate = made / (time.perf_counter() - started)
            seen[percent] = (rate, _megabytes(psutil.Process().pid), _megabytes(lane.process.pid))
            if percent in (1, 10, 100):
                print(f"{percent * step:>7} cases: {rate:6.0f} cases/s, parent {seen[percent][1]:.0f} MiB, ", end="")
                print(f"{target} {seen[percent][2]:.0f} MiB", flush=True)
    last = [sum(seen[p][0] for p in range(end - 9, end + 1)) / 10 for end in (10, 100)]
    memory = [seen[100][i] / seen[10][i] for i in (1, 2)]
    print(f"growth: rate {last[1] / last[0]:.2f}, parent's memory {memory[0]:.2f}, worker's memory {memory[1]:.2f}")


def _megabytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss / 2**20)


if __name__ == "__main__":
    measure(sys.argv[2] if len(sys.argv) > 2 else "torch", int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
