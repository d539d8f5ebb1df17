"""One op on one framework as code: what a person would write, and whether it gave the right answer when it was run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.hunt.repro import Seen, write_reproduction
from opassay.harness.hunt.script import ask
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Returned
from opassay.harness.plan.plan import Item
from opassay.harness.run.engine import Engine
from opassay.harness.run.kinds import Asked


@dataclass(frozen=True)
class Code:
    """``text`` defines ``call``. ``right``: whether a script of it gave what the oracle says; ``why`` not."""

    framework: str
    version: str
    text: str
    right: bool
    why: str
    answer: np.ndarray | None


def both(engine: Engine, op: Op, case: Case, registry: Registry, folder: Path) -> list[Code]:
    """The code of each target of ``engine``."""
    return [_code(engine, one, op, case, registry, folder) for one in list(engine.ask(op, Item(0, case)))]


def _code(engine: Engine, asked: Asked, op: Op, case: Case, registry: Registry, folder: Path) -> Code:
    label, outcome, judgement = asked
    lane = next(lane for lane in engine.lanes.values() if lane.label == label)
    framework = lane.target.adapter
    writer = registry.writer(framework)
    if judgement.verdict == "unsupported":
        raise UsageError(f"{label} has no {op.name} of this kind: {judgement.message}")
    if writer is None:
        there = ", ".join(name for name in sorted(registry.adapters) if registry.writer(name) is not None)
        raise UsageError(f"nobody has written down how {framework} says it; there are: {there}")
    try:
        idiom = writer(ask(op, case, lane.target.mode, "cpu", 1, {}, registry.op))
    except LookupError:
        raise UsageError(f"nobody has written down how {framework} says {op.name}") from None
    seen = Seen("numeric", judgement.message, outcome, lane.target.mode, version=lane.version, rules=lane.rules)
    done = write_reproduction(folder / framework, framework, case, op, seen, registry, lane.python)
    answer = outcome.arrays[0] if isinstance(outcome, Returned) else None
    text = f"{idiom.imports}\n\n\n{idiom.functions}"
    return Code(framework, lane.version, text, done.exit_status == 0, _last(done.output), answer)


def _last(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "")
