"""opassay's engine against the loop that a user would write: ``python tests/benchmarks/throughput.py [GEOMETRIES]``.

The plain loop generates a case with Hypothesis, asks the NumPy oracle, calls TensorFlow, torch and JAX in the same
process one after the other and compares with ``assert_allclose``. It compiles a geometry once for all its fills, as
the engine does, runs the same geometries with the same fills through the same adapters in the same modes with as many
threads, and both are timed without their start-up. They take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

OP, ASPECT, SEED = "conv2d", "value", 0
TARGETS = {"jax": "jit", "tensorflow": "eager", "torch": "eager"}
TOLERANCE = {"float16": 1e-2, "bfloat16": 1e-1, "float32": 1e-4, "float64": 1e-10}


def plain(start: int, stop: int, fills: int) -> float:
    """Seconds of the plain loop over a slice of the stream; runs in a process of its own."""
    code = f"import throughput; print(throughput.plain_loop({start}, {stop}, {fills}))"
    environment = {
        **os.environ,
        "OPASSAY_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(Path(__file__).parent))),
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def plain_loop(start: int, stop: int, fills: int) -> float:
    """The loop itself."""
    import numpy as np

    from adapters.jax.adapter import JaxAdapter
    from adapters.oracle import conv2d
    from adapters.tensorflow.adapter import TensorFlowAdapter
    from adapters.torch.adapter import TorchAdapter
    from harness.model import dtypes
    from harness.registry import Registry
    from harness.run import generate

    op = Registry().op(OP)
    adapters = [(make(), TARGETS[make.name]) for make in (JaxAdapter, TensorFlowAdapter, TorchAdapter)]

    def run(first: int, last: int) -> None:
        for number, geometry in generate.geometries(op, ASPECT, SEED, first, last):
            key = generate.fill_key(SEED, OP, ASPECT, number)
            cases = [geometry.dress(fill, key) for fill in range(fills)]
            programs = [(adapter, compiled(adapter, mode, cases[0])) for adapter, mode in adapters]
            for case in cases:
                inputs = case.inputs()
                expected = conv2d(*inputs, **case.attributes)
                for adapter, program in programs:
                    compare(adapter, program, case, inputs, expected)

    def compiled(adapter: object, mode: str, case: object) -> Callable[..., object]:
        attributes = dict(case.attributes)  # type: ignore[attr-defined]
        return adapter.compile(lambda x, w: adapter.conv2d(x, w, **attributes), mode)  # type: ignore[attr-defined,no-any-return]

    def compare(
        adapter: object, program: Callable[..., object], case: object, inputs: object, expected: object
    ) -> None:
        dtype = case.tensors[0].dtype  # type: ignore[attr-defined]
        if adapter.unsupported(OP, "eager", [dtype], case.attributes):  # type: ignore[attr-defined]
            return
        try:
            natives = [adapter.to_native(array) for array in inputs]  # type: ignore[attr-defined]
            answer = dtypes.widen(adapter.to_numpy(program(*natives)))  # type: ignore[attr-defined]
            tolerance = TOLERANCE.get(dtype, 0)
            with np.errstate(all="ignore"):
                np.testing.assert_allclose(answer, expected, rtol=tolerance, atol=tolerance)
        except Exception:
            return  # A difference; this loop is here to be timed.

    run(10**6, 10**6 + 3)
    started = time.perf_counter()
    run(start, stop)
    return time.perf_counter() - started


def engine(start: int, stop: int, fills: int) -> float:
    """Seconds of opassay's engine over the same slice, from the first batch to the last verdict."""
    from harness.run.campaign import Campaign, Request, check_devices
    from harness.run.plan import Settings, Shard

    settings = Settings(cases=stop - start, fills=fills, seed=SEED)
    campaign = Campaign(Request(targets=list(TARGETS), ops=[OP], aspects=[ASPECT], settings=settings))
    (op,) = campaign.ops
    with campaign.engine() as running:
        check_devices(running)
        list(running.run([Shard(op, ASPECT, target, 10**6, 10**6 + 3) for target in campaign.targets]))
        shards = [Shard(op, ASPECT, target, start, stop) for target in campaign.targets]
        started = time.perf_counter()
        made = sum(1 for _ in running.run(shards))
        seconds = time.perf_counter() - started
    expected = len(TARGETS) * (stop - start) * fills
    if made != expected:
        raise SystemExit(f"the engine made {made} records of {expected}")
    return seconds


def ratio(geometries: int, fills: int, rounds: int) -> float:
    """The median of engine's rate over plain's."""
    ratios = []
    for number in range(rounds):
        start = 1 + number * geometries
        ours, theirs = engine(start, start + geometries, fills), plain(start, start + geometries, fills)
        cases = geometries * fills
        ratios.append(theirs / ours)
        print(
            f"{fills} fills, round {number + 1}: engine {cases / ours:.0f} cases/s = {3 * cases / ours:.0f} checks/s, "
            f"plain loop {cases / theirs:.0f} cases/s = {3 * cases / theirs:.0f} checks/s, {theirs / ours:.1f}x"
        )
    return statistics.median(ratios)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    two, eight = ratio(count, 2, 3), ratio(count, 8, 3)
    print(f"throughput: {two:.1f}x cases/s with two fills, {eight:.1f}x checks/s with eight")
