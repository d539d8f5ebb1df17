"""The start of a session: the worker's configuration, and the time limit for importing the function's file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from opassay.harness.check.function import Claims, Function
from opassay.harness.check.restrict import Restriction
from opassay.harness.check.session import Budget, Session
from opassay.harness.check.written import KERNEL
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model import dtypes
from opassay.harness.model.op import Op
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import Settings
from opassay.harness.run.engine import Engine
from opassay.harness.run.process import WorkerSpec
from opassay.harness.store.cache import VARIABLE as CACHE
from opassay.harness.store.cache import usable_folder

FIRST_POISON = "128"
"""``MALLOC_PERTURB_``: glibc fills freed blocks with this byte and new ones with its complement, 0x7f, which is NaN or
huge in every float format and large in every integer one.

Source: https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

ADAPTER = "opassay.harness.check.kernel:KernelAdapter"
LABEL = "kernel"


@contextmanager
def session(
    function: Function,
    op: Op,
    to: Restriction,
    claims: Claims,
    budget: Budget,
    seed: int,
    registry: Registry,
    device: str,
) -> Iterator[Session]:
    """A session whose worker has started. Raises ``UsageError`` if it does not start."""
    with TemporaryDirectory() as folder:
        shapes = Path(folder) / "shapes.jsonl"
        shapes.touch()
        target = Target(LABEL, function.mode(registry), device)
        config = function.config(op, list(to.where), claims, shapes, registry)
        env = {KERNEL: config, "MALLOC_PERTURB_": FIRST_POISON, CACHE: usable_folder()[0]}
        spec = WorkerSpec(ADAPTER, target.mode, device, env=env)
        settings = Settings(timeout=budget.timeout, seed=seed)
        with Engine({target: (function.label, spec)}, settings) as engine:
            (lane,) = engine.lanes.values()
            lane.repeat = True
            engine.wait_ready(_in_time(function, budget))
            if lane.state != "ready":
                raise UsageError(f"{function.label}: {lane.state}")
            yield Session(engine, op, to, claims, budget, seed, shapes)


def _in_time(function: Function, budget: Budget) -> Callable[[], None]:
    """Raises ``UsageError`` once the import of the file has taken too long."""
    until = time.monotonic() + budget.start

    def idle() -> None:
        if time.monotonic() > until:
            raise UsageError(f"{function.label}: its file was not imported within {budget.start:g} s")

    return idle


def dtypes_of(op: Op, framework_dtypes: Sequence[str]) -> list[str]:
    """The default dtypes: the op's floats, or all its dtypes if it has none."""
    draw = op.geometries() if op.geometries else op.gradients()  # type: ignore[misc]
    table = draw.tables[draw.names.index("dtype")] if "dtype" in draw.names else ()
    own = [d for d in dict.fromkeys(table) if d in framework_dtypes]
    floats = [d for d in own if dtypes.is_float(d)]
    return floats or own
