"""How much of the engine's time the frameworks need: ``python tests/benchmarks/efficiency.py [GEOMETRIES]``.

The same batches are executed by bare processes, one per framework and all at once, with their inputs prepared
beforehand and nothing sent, judged or written. The ratio is their wall time over the engine's. Nothing is taken from a
cache of compiled programs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    os.environ["OPASSAY_CACHE"] = "off"

import throughput  # noqa: E402 - found only by the path above

CLASSES = {
    "jax": "opassay.adapters.jax.adapter:JaxAdapter",
    "tensorflow": "opassay.adapters.tensorflow.adapter:TensorFlowAdapter",
    "torch": "opassay.adapters.torch.adapter:TorchAdapter",
}
FILLS, ROUNDS = 2, 3


def bare(kind: str, start: int, stop: int) -> float:
    """Seconds until the slowest of the bare processes is through; they start together."""
    environment = {
        **os.environ,
        "OPASSAY_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(Path(__file__).parent))),
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", f"import efficiency; efficiency.execute({name!r}, {kind!r}, {start}, {stop})"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for name in CLASSES
    ]
    for process in started:
        _expect(process, "ready")
    clock = time.perf_counter()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        _expect(process, "done")
    seconds = time.perf_counter() - clock
    for process in started:
        process.wait()
    return seconds


def _expect(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    if process.stdout.readline().strip() != word:
        raise SystemExit(f"a bare process did not get to {word!r}")


def execute(name: str, kind: str, start: int, stop: int) -> None:
    """Prepare all inputs, say so, wait, and run the batches."""
    import importlib

    from opassay.harness.plan import plan

    module, _, cls = CLASSES[name].partition(":")
    adapter = getattr(importlib.import_module(module), cls)()
    mode = adapter.modes[0]
    settings = plan.Settings(fills=FILLS, seed=throughput.SEED)
    batches = [
        [(item.case, [adapter.to_native(a) for a in item.case.inputs()]) for item in batch.items]
        for cut in plan.cuts(start, stop)
        for batch in [plan.make_batch(throughput.op_of(kind), "value", *cut, settings)]
    ]
    _run(adapter, mode, batches[0][:2])
    print("ready", flush=True)
    sys.stdin.readline()
    for batch in batches:
        _run(adapter, mode, batch)
    print("done", flush=True)


def _run(adapter: Any, mode: str, batch: list[tuple[Any, list[Any]]]) -> None:
    """Fused where the mode allows it: every geometry once per program, as many calls as there are fills."""
    if mode not in adapter.fused_modes:
        for case, inputs in batch:
            _alone(adapter, case, inputs)
        return
    layers = [batch[fill::FILLS] for fill in range(FILLS)]
    program = adapter.compile(_fused(adapter, [case for case, _ in layers[0]]), mode)
    for layer in layers:
        for value in program(*(array for _, inputs in layer for array in inputs)):
            adapter.to_numpy(value)


def _alone(adapter: Any, case: Any, inputs: list[Any]) -> None:
    try:
        adapter.to_numpy(adapter.conv2d(*inputs, **case.attributes))
    except Exception:
        return  # A refusal takes its time too.


def _fused(adapter: Any, cases: list[Any]) -> Any:
    return lambda *arrays: tuple(
        adapter.conv2d(arrays[2 * i], arrays[2 * i + 1], **case.attributes) for i, case in enumerate(cases)
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 192
    for kind in ("float32", "all"):
        ratios = []
        for number in range(ROUNDS):
            part = (kind, 1 + number * count, 1 + (number + 1) * count)
            ours, theirs = throughput.engine(*part, FILLS), bare(*part)
            ratios.append(theirs / ours)
            print(
                f"{kind}, round {number + 1}: engine {1e3 * ours / count:.2f} ms, bare {1e3 * theirs / count:.2f} ms "
                f"per geometry, {theirs / ours:.2f}",
                flush=True,
            )
        print(f"{kind} geometries: efficiency: {statistics.median(ratios):.2f}", flush=True)
