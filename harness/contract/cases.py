"""What needs the engine's own way of running cases: errors with their origin, and batches."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.contract.observe import Arrays, Attributes, Question, plain
from opassay.harness.find.registry import PROGRAMS
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import LITERAL_LIMIT, Fill
from opassay.harness.model.outcome import NotSupported, Outcome, Raised, Returned
from opassay.harness.worker.execute import Executor

ALIKE = "the same in a batch and alone"


def executor(adapter: Adapter, mode: str) -> Executor:
    """As a worker makes it. The adapter's own code is what lies in the folder of its module."""
    home = os.path.join(Path(inspect.getfile(type(adapter))).absolute().parent, "")
    return Executor(adapter, mode, importlib.import_module(PROGRAMS), (home,))


def literal(op: str, arrays: Arrays, attributes: Attributes, aspect: str = "value", rule: str = "") -> Case:
    """The call as a case, which breaks the rule; its arrays hold at most 64 elements each."""
    values = [tuple(_plain(v) for v in dtypes.widen(a).ravel().tolist()) for a in arrays]
    tensors = [
        Tensor(a.shape, dtypes.dtype_name(a), Fill("literal", values=v)) for a, v in zip(arrays, values, strict=True)
    ]
    return Case(op, tuple(tensors), attributes, aspect, rule)


def _plain(value: Any) -> Any:
    """A number as JSON has it: what is wider than float64 was one."""
    return float(value) if isinstance(value, np.floating) else value


def known_as(mode: str, op: str, arrays: Arrays, attributes: Attributes) -> dict[str, Any]:
    """Of a question that asks this call: the fields by which a known difference is found, where it fits a case."""
    if any(a.size > LITERAL_LIMIT for a in arrays):
        return {}
    return {"mode": mode, "case": literal(op, arrays, attributes)}


def errors(adapter: Adapter, mode: str, refused: Sequence[tuple[Any, ...]]) -> Iterator[Question]:
    """Input that breaks the contract makes the framework raise, and the adapter lets it pass."""
    running = executor(adapter, mode)
    for name, op, arrays, attributes, rule in refused:
        if op in adapter.ops():
            case = literal(op, arrays, attributes, "error", rule)
            ask = partial(_reaction, running, case)
            yield Question("error", f"{op}: {name} {mode}", ask, "raised by the framework", mode=mode, case=case)


def _reaction(running: Executor, case: Case) -> str:
    ((_, outcome),) = running.run([case], fuse=False)
    if isinstance(outcome, NotSupported):
        raise Unsupported(outcome.reason)
    if isinstance(outcome, Raised):
        told = "" if outcome.origin == "framework" else f": {outcome.type}: {outcome.message}"
        return f"raised by the {outcome.origin}{told}"
    return f"{type(outcome).__name__}"


def batches(adapter: Adapter, mode: str, calls: Mapping[str, Any]) -> Iterator[Question]:
    """Cases that run together answer what each answers alone: small integers, so bit for bit."""
    cases = [literal(op, arrays, attributes) for op, (arrays, attributes) in calls.items()]
    running = executor(adapter, mode)
    together = cache(lambda: dict(running.run(cases, fuse=True)))
    for position, case in reversed(list(enumerate(cases))):
        ask = partial(_apart, running, case, lambda p=position: together()[p])  # type: ignore[misc]
        yield Question("batch", f"{case.op} {mode}", ask, ALIKE, group=f"batch {mode}")


def _apart(running: Executor, case: Case, together: Callable[[], Outcome]) -> str:
    """What a case answers in a batch and alone, where they differ."""
    before = together()
    alone = dict(running.run([case], fuse=False))[0]
    if isinstance(alone, NotSupported):
        raise Unsupported(alone.reason)
    one, other = _told(before), _told(alone)
    return ALIKE if one == other else f"{one} in a batch, {other} alone"


def _told(outcome: Outcome) -> str:
    """An outcome so that equal bits are equal text."""
    if not isinstance(outcome, Returned):
        return f"{type(outcome).__name__} {getattr(outcome, 'message', '')}"
    found = [(dtypes.dtype_name(a), a.shape, plain(a).hex()) for a in outcome.arrays if a is not None]
    return "; ".join(f"{name} {shape} {bits}" for name, shape, bits in found)
