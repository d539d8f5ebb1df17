"""What needs the engine's own way of running cases: errors with their origin, and batches."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.contract.observe import Arrays, Attributes, Observation, observe, plain
from opassay.harness.find.registry import PROGRAMS
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import LITERAL_LIMIT, Fill
from opassay.harness.model.outcome import NotSupported, Outcome, Raised, Returned
from opassay.harness.worker.execute import Executor


def executor(adapter: Adapter, mode: str) -> Executor:
    """As a worker makes it. The adapter's own code is what lies in the folder of its module."""
    home = os.path.join(Path(inspect.getfile(type(adapter))).absolute().parent, "")
    return Executor(adapter, mode, importlib.import_module(PROGRAMS), (home,))


def literal(op: str, arrays: Arrays, attributes: Attributes, aspect: str = "value") -> Case:
    """The call as a case; its arrays hold at most 64 elements each."""
    values = [tuple(_plain(v) for v in dtypes.widen(a).ravel().tolist()) for a in arrays]
    tensors = [
        Tensor(a.shape, dtypes.dtype_name(a), Fill("literal", values=v)) for a, v in zip(arrays, values, strict=True)
    ]
    return Case(op, tuple(tensors), attributes, aspect)


def _plain(value: Any) -> Any:
    """A number as JSON has it: what is wider than float64 was one."""
    return float(value) if isinstance(value, np.floating) else value


def of_call(observation: Observation, mode: str, op: str, arrays: Arrays, attributes: Attributes) -> Observation:
    """An observation that is not as promised, with the call that it asked as a case: it may be known."""
    if observation["ok"] or any(a.size > LITERAL_LIMIT for a in arrays):
        return observation
    case = literal(op, arrays, attributes, "error" if observation["check"] == "error" else "value")
    return observation | {"case": case.to_json(), "case_id": case.id, "mode": mode}


def errors(adapter: Adapter, mode: str, refused: Sequence[tuple[Any, ...]]) -> Iterator[Observation]:
    """Input that breaks the contract makes the framework raise, and the adapter lets it pass."""
    running = executor(adapter, mode)
    for name, op, arrays, attributes in refused:
        if op in adapter.ops():
            case = literal(op, arrays, attributes, "error")
            seen = observe(
                "error", f"{op}: {name} {mode}", partial(_reaction, running, case), "raised by the framework"
            )
            yield of_call(seen, mode, op, arrays, attributes)


def _reaction(running: Executor, case: Case) -> str:
    ((_, outcome),) = running.run([case], fuse=False)
    if isinstance(outcome, NotSupported):
        raise Unsupported(outcome.reason)
    if isinstance(outcome, Raised):
        told = "" if outcome.origin == "framework" else f": {outcome.type}: {outcome.message}"
        return f"raised by the {outcome.origin}{told}"
    return f"{type(outcome).__name__}"


def batches(adapter: Adapter, mode: str, calls: Mapping[str, Any]) -> Iterator[Observation]:
    """Cases that run together answer what each answers alone: small integers, so bit for bit."""
    cases = [literal(op, arrays, attributes) for op, (arrays, attributes) in calls.items()]
    running = executor(adapter, mode)
    together = dict(running.run(cases, fuse=True))
    for position, case in reversed(list(enumerate(cases))):
        alone = dict(running.run([case], fuse=False))
        if not isinstance(alone[0], NotSupported):
            yield observe("batch", f"{case.op} {mode}", partial(_told, together[position]), _told(alone[0]))


def _told(outcome: Outcome) -> str:
    """An outcome so that equal bits are equal text."""
    if not isinstance(outcome, Returned):
        return f"{type(outcome).__name__} {getattr(outcome, 'message', '')}"
    found = [(dtypes.dtype_name(a), a.shape, plain(a).hex()) for a in outcome.arrays if a is not None]
    return "; ".join(f"{name} {shape} {bits}" for name, shape, bits in found)
