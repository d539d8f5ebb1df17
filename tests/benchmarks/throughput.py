"""opassay's engine against the loop that a user would write: ``python tests/benchmarks/throughput.py [GEOMETRIES]``.

The plain loop draws a geometry with Hypothesis, asks the NumPy oracle, calls TensorFlow, torch and JAX in the same
process one after the other, and compares with ``assert_allclose``. Both sides run the same geometries with the same
fills through the same adapters in the same modes with as many threads; both compile a geometry once for all its
fills; both are timed without their start-up. They take turns, so that a busy machine slows both.

Two kinds of geometries are timed: ``float32``, which such loops usually draw (float32, NHWC, any stride, padding,
dilation and groups), and ``all``, conv2d's whole stream. A *case* is a geometry, a *check* one fill of it on one
target. Besides the ratio at equal fills, checks are compared with those of the loop at one fill per geometry, as a
loop that draws everything anew at each step has them. Programs kept from an earlier run would flatter the engine, so it
runs without its cache. The ratios of both kinds come first; the very last line repeats those of the ``float32``
geometries alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

SEED = 0
TARGETS = {"jax": "jit", "tensorflow": "eager", "torch": "eager"}
TOLERANCE = {"float16": 1e-2, "bfloat16": 1e-1, "float32": 1e-4, "float64": 1e-10}
ROUNDS = 3


def op_of(kind: str) -> Any:
    """conv2d, drawing geometries of ``kind``."""
    from opassay.cases.conv import conv2d

    if kind == "all":
        return conv2d
    return replace(conv2d, geometries=lambda: conv2d.geometries(dtypes=("float32",), layouts=("NHWC",)))


def plain(kind: str, start: int, stop: int, fills: int) -> float:
    """Seconds of the plain loop over a slice of the stream; runs in a process of its own."""
    code = f"import throughput; print(throughput.plain_loop({kind!r}, {start}, {stop}, {fills}))"
    environment = {
        **os.environ,
        "OPASSAY_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(Path(__file__).parent))),
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def plain_loop(kind: str, start: int, stop: int, fills: int) -> float:
    """The loop itself."""
    from opassay.adapters.jax.adapter import JaxAdapter
    from opassay.adapters.tensorflow.adapter import TensorFlowAdapter
    from opassay.adapters.torch.adapter import TorchAdapter
    from opassay.harness.plan import generate

    op = op_of(kind)
    adapters = [(make(), TARGETS[make.name]) for make in (JaxAdapter, TensorFlowAdapter, TorchAdapter)]

    def run(first: int, last: int) -> None:
        for number, geometry in generate.geometries(op, "value", SEED, first, last):
            key = generate.fill_key(SEED, op.name, "value", number)
            cases = [geometry.dress(fill, key) for fill in range(fills)]
            programs = [(adapter, _compiled(adapter, mode, cases[0])) for adapter, mode in adapters]
            for case in cases:
                _check(case, programs)

    run(10**6, 10**6 + 3)
    started = time.perf_counter()
    run(start, stop)
    return time.perf_counter() - started


def _compiled(adapter: Any, mode: str, case: Any) -> Callable[..., Any]:
    attributes = dict(case.attributes)
    program: Callable[..., Any] = adapter.compile(lambda x, w: adapter.conv2d(x, w, **attributes), mode)
    return program


def _check(case: Any, programs: list[tuple[Any, Callable[..., Any]]]) -> None:
    import numpy as np

    from opassay.adapters.oracle import conv2d
    from opassay.harness.model import dtypes

    inputs = case.inputs()
    expected, tolerance = conv2d(*inputs, **case.attributes), TOLERANCE.get(case.tensors[0].dtype, 0)
    for adapter, program in programs:
        try:
            answer = dtypes.widen(adapter.to_numpy(program(*(adapter.to_native(array) for array in inputs))))
            with np.errstate(all="ignore"):
                np.testing.assert_allclose(answer, expected, rtol=tolerance, atol=tolerance)
        except Exception:
            continue  # A difference or a refusal: this loop is here to be timed.


def engine(kind: str, start: int, stop: int, fills: int) -> float:
    """Seconds of opassay's engine over the same slice, from the first batch to the last verdict, without its cache."""
    from opassay.harness.plan.plan import Settings, Shard
    from opassay.harness.run.campaign import Campaign, Request, check_devices

    os.environ["OPASSAY_CACHE"] = "off"
    op = op_of(kind)
    settings = Settings(cases=stop - start, fills=fills, seed=SEED)
    campaign = Campaign(Request(targets=list(TARGETS), ops=[op.name], aspects=["value"], settings=settings))
    with campaign.engine() as running:
        check_devices(running)
        list(running.run([Shard(op, "value", target, 10**6, 10**6 + 3) for target in campaign.targets]))
        shards = [Shard(op, "value", target, start, stop) for target in campaign.targets]
        started = time.perf_counter()
        made = sum(1 for _ in running.run(shards))
        seconds = time.perf_counter() - started
    expected = len(TARGETS) * (stop - start) * fills
    if made != expected:
        raise SystemExit(f"the engine made {made} records of {expected}")
    return seconds


def compare(kind: str, geometries: int) -> tuple[float, float]:
    """Medians: ratio of cases/s with two fills; checks/s with eight over those of the loop with one."""
    two, eight = [], []
    for number in range(ROUNDS):
        part = (kind, 1 + number * geometries, 1 + (number + 1) * geometries)
        rates = {
            name: geometries / run(*part, fills)
            for name, run, fills in (
                ("engine, 2 fills", engine, 2),
                ("plain, 2 fills", plain, 2),
                ("engine, 8 fills", engine, 8),
                ("plain, 1 fill", plain, 1),
            )
        }
        two.append(rates["engine, 2 fills"] / rates["plain, 2 fills"])
        eight.append(8 * rates["engine, 8 fills"] / rates["plain, 1 fill"])
        told = ", ".join(f"{name} {rate:.0f} cases/s" for name, rate in rates.items())
        print(f"{kind}, round {number + 1}: {told}", flush=True)
    return statistics.median(two), statistics.median(eight)


def main() -> None:
    """Compare over both kinds of geometries, and print the ratios last."""
    parser = argparse.ArgumentParser(description="opassay's engine against the loop that a user would write")
    parser.add_argument("geometries", nargs="?", type=_count, default=192, help="geometries per round (192)")
    count = parser.parse_args().geometries
    for kind in ("all", "float32"):
        cases, checks = compare(kind, count)
        ratios = f"{cases:.1f}x cases/s, {checks:.1f}x checks/s"
        print(f"{kind} geometries: {ratios}", flush=True)
    print(f"throughput: {ratios}", flush=True)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected how many geometries, at least 1, got {text!r}")
    return int(text)


if __name__ == "__main__":
    main()
