"""Do scripts ask a framework what the adapter asks it? Both answer the same cases here, and must agree bit for bit.

    python tests/hunt/faithful.py ADAPTER [MODE] [CASES] [OP]...

Takes the pins and the first CASES (20) geometries of every op, in each aspect whose scripts stand alone. Prints how
many answers were compared and each difference; ends with 1 where there is one, or where nothing was compared.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["OPASSAY_THREADS"] = "1"

import numpy as np

from opassay.adapters import programs
from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, script_text
from opassay.harness.judge.facts import applies
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import NotSupported, Outcome, Raised, Returned
from opassay.harness.plan import generate
from opassay.harness.plan.plan import aspects
from opassay.harness.worker.execute import Executor


def answer_of_script(registry: Registry, adapter: str, mode: str, op: Op, case: Case, settings: Any) -> Any:
    """What ``call`` of the script returns, as arrays (None for no gradient), or the name of what it raised."""
    seen = Seen("rejects", "", Raised("", ""), mode, settings=settings)
    text, _ = script_text(adapter, case, op, seen, registry)
    text = re.sub(r"tf\.config\.threading.*", "", text[: text.index("\n\n\ndef show(")])
    space: dict[str, Any] = {"__name__": "script"}
    exec(compile(re.sub(r"(?m)^print\(.*", "", text), "script", "exec"), space)
    asked = re.search(r"call\((.*)\)", _ending(adapter, case, op, seen, registry))
    assert asked is not None
    try:
        found = eval(f"call({asked[1]})", space)
        found = found if isinstance(found, (tuple, list)) else (found,)
        return [None if a is None else (space["to_numpy"](a), space["dtype_name"](a)) for a in found]
    except Exception as error:
        return type(error).__name__


def is_standalone(registry: Registry, adapter: str, op: Op, case: Case) -> bool:
    """Does a script ask the framework itself? One that calls ``opassay replay`` asks through the adapter."""
    return script_text(adapter, case, op, Seen("rejects", "", Raised("", ""), ""), registry)[1]


def _ending(adapter: str, case: Case, op: Op, seen: Seen, registry: Registry) -> str:
    text, _ = script_text(adapter, case, op, seen, registry)
    return text[text.index("\ntry:\n") :]


def differences(case: Case, outcome: Outcome, found: Any) -> str:
    """How the script's answer differs from the adapter's, empty where it does not."""
    if case.aspect == "error" and isinstance(outcome, Returned) and not isinstance(found, str):
        return ""  # what is returned for invalid input may be memory that nobody wrote
    if isinstance(outcome, Raised):
        return "" if found == outcome.type else f"the adapter's raised {outcome.type}, the script {str(found)[:200]}"
    assert isinstance(outcome, Returned)
    if isinstance(found, str):
        return f"the script raised {found}"
    if len(found) != len(outcome.arrays):
        return f"{len(outcome.arrays)} answers against {len(found)}"
    return "; ".join(filter(None, map(_unequal, outcome.arrays, found)))


def _unequal(array: np.ndarray | None, found: tuple[np.ndarray, str] | None) -> str:
    if array is None or found is None:
        return "" if array is None and found is None else "only one of them has a gradient"
    values, dtype = found
    if dtype != dtypes.dtype_name(array) or values.shape != array.shape:
        return f"{dtypes.dtype_name(array)}{array.shape} against {dtype}{values.shape}"
    wide, other = dtypes.widen(array), values.astype(dtypes.widen(array).dtype)
    same = (wide == other) | ((wide != wide) & (other != other))
    return "" if same.all() else f"{(~same).sum()} of {same.size} elements"


def cases(op: Op, aspect: str, count: int) -> Iterator[Case]:
    yield from (pin.case for _, pin in generate.pins(op, aspect) if len(pin.case.dumps()) < 20000)
    yield from (case for _, case in generate.cases(op, aspect, 5, 0, count, 1))


def main(adapter: str, mode: str = "", count: str = "20", *only: str) -> int:
    registry = Registry()
    entry = registry.adapter(adapter)
    mode = mode or entry.modes[0]
    module, _, name = entry.location.partition(":")
    machine = getattr(importlib.import_module(module), name)()
    executor = Executor(machine, mode, programs, (str(os.path.dirname(programs.__file__)) + os.sep,))
    crashes = [known for known in registry.known(adapter) if "crash" in known.verdicts]
    compared = raised = wrong = 0
    for op in registry.ops(only):
        for aspect in aspects(op):
            for case in cases(op, aspect, int(count)):
                if sum(t.materialize().size for t in case.all_tensors) > 200_000:
                    continue
                if any(applies(known, case, mode) for known in crashes):
                    continue
                if not is_standalone(registry, adapter, op, case):
                    continue
                ((_, outcome),) = executor.run([case], fuse=False)
                if isinstance(outcome, NotSupported):
                    continue
                found = answer_of_script(registry, adapter, mode, op, case, dict(machine.settings()))
                compared, raised = compared + 1, raised + isinstance(outcome, Raised)
                problem = differences(case, outcome, found)
                if problem:
                    wrong += 1
                    print(f"{op.name} {aspect} {case.rule}: {problem}\n    {case.dumps()[:600]}", flush=True)
    print(f"{adapter}:{mode}: {compared} answers compared ({raised} of them exceptions), {wrong} differ")
    return int(wrong > 0 or not compared)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
