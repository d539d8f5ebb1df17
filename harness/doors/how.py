"""``opassay how``: the same computation in another framework, run before it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from opassay.harness.check.restrict import Restriction, restricted, stream
from opassay.harness.doors.consoles import say_line, stdout
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.how.code import Code, both
from opassay.harness.how.defaults import differing, taken
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op
from opassay.harness.run.campaign import Campaign, Request, check_devices

SMALL, LARGE = 8, 4_000
"""Most elements of the case that both frameworks compute."""

DRAWN = 60
"""Number of cases among which an instructive one is chosen."""


def how_command(name: str, frameworks: Sequence[str], attributes: Mapping[str, Any]) -> int:
    """Status 0: both codes gave the right answer; 1: one did not, which is printed."""
    registry = Registry()
    op = registry.op(name)
    case = example(op, attributes)
    campaign = Campaign(Request(targets=list(frameworks), ops=[name]))
    with TemporaryDirectory() as folder, campaign.engine() as engine:
        check_devices(engine)
        codes = both(engine, op, case, registry, Path(folder))
    if len(codes) < len(set(frameworks)):
        raise UsageError(f"not every one of {', '.join(frameworks)} could be started")
    codes.sort(key=lambda code: list(frameworks).index(code.framework))
    console = stdout()
    for line in lines(op, case, codes, [taken(registry, code.framework, name) for code in codes]):
        say_line(console, line)
    return 0 if all(code.right for code in codes) else 1


def example(op: Op, attributes: Mapping[str, Any]) -> Case:
    """A small case with these attributes, the simplest others, and values that round."""
    if op.geometries is None or op.staged:
        raise UsageError(f"{op.name} is no single op that has a value")
    draw = op.geometries()
    simplest = {name: value for name, value in draw.simplest.case.attributes.items() if name in draw.names}
    to = Restriction({**simplest, **attributes}, ("float32",) if _floats(draw.tables, draw.names) else ())
    drawn = islice(stream(restricted(op, to), "value", to, 0, 2), DRAWN)
    fit = [case for _, case in drawn if SMALL <= case.size <= LARGE and not case.empty and _tame(case)]
    if not fit:
        raise UsageError(f"no small case of {op.name} has these attributes")
    # With a filter of one tap, padding has no effect.
    case = max(fit, key=lambda case: min(t.size for t in case.tensors))
    return case.with_tensors([replace(t, memory=Memory()) for t in case.tensors])


def _tame(case: Case) -> bool:
    return all(t.fill.tame(t.dtype) or not dtypes.is_float(t.dtype) for t in case.tensors)


def _floats(tables: Sequence[Sequence[Any]], names: Sequence[str]) -> bool:
    return "dtype" in names and "float32" in tables[names.index("dtype")]


def lines(op: Op, case: Case, codes: Sequence[Code], defaults: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of the output."""
    told = ", ".join(f"{name}={value!r}" for name, value in case.attributes.items())
    shapes = ", ".join(f"{name} {t.dtype}{list(t.shape)}" for name, t in zip(op.inputs, case.tensors, strict=True))
    yield f"{op.name}: {op.says}" if op.says else op.name
    yield f"asked with {shapes}" + (f"; {told}" if told else "")
    for code in codes:
        ran = "gave the right answer" if code.right else f"did NOT give the right answer: {code.why}"
        yield f"\n# {code.framework} {code.version}, which was run and {ran}\n{code.text}"
    yield ""
    yield _apart(codes)
    found = differing(*defaults) if len(defaults) == 2 else []
    yield from (f"default differs: {line}" for line in found)


def _apart(codes: Sequence[Code]) -> str:
    arrays = [code.answer for code in codes]
    if any(a is None for a in arrays) or len({a.shape for a in arrays if a is not None}) > 1:
        return "their answers cannot be compared"
    wide = [dtypes.widen(a).astype(np.float64) for a in arrays if a is not None]
    return f"their answers differ by at most {float(np.max(np.abs(wide[0] - wide[-1]), initial=0)):.3g}"
