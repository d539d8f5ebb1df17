"""A script of a few lines that shows the difference: the function, its framework and NumPy, and no part of opassay."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from opassay.harness.check.binding import Binding
from opassay.harness.check.function import NUMPY, Function
from opassay.harness.check.session import Asked, Session
from opassay.harness.check.start import FIRST_POISON
from opassay.harness.find.registry import Registry
from opassay.harness.hunt.library import library
from opassay.harness.hunt.literals import array_source, number, tensor_source
from opassay.harness.hunt.script import ask
from opassay.harness.judge.compare import marks
from opassay.harness.model import dtypes
from opassay.harness.model.case import Tensor
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference
from opassay.harness.model.script import Idiom

NAME = "repro.py"
SECONDS = 60.0
WHOLE, PICKED = 64, 8
POISONED = {"MALLOC_PERTURB_": FIRST_POISON}
"""As in the function's worker: uninitialised memory holds no zeros."""

_GUARD = "{0} = np.concatenate([{0}.ravel(), np.full(64, {1}, {0}.dtype)])[: {0}.size].reshape({0}.shape)"

_EMPTY = """
_new = np.empty_like
np.empty_like = lambda *given, **more: np.full_like(_new(*given, **more), 77)  # memory that nobody wrote to
np.empty = lambda *given, **more: np.full(*given[:1], 77, *given[1:], **more)
"""


@dataclass(frozen=True)
class Script:
    """``command``: the command line. ``shows``: whether it showed the difference when it ran."""

    file: Path
    command: str
    shows: bool


def write(session: Session, function: Function, one: Asked, folder: Path, registry: Registry) -> Script | None:
    """The simplest script that shows the difference, after a run; None for a framework without scripts."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / NAME
    idiom = None if function.framework == NUMPY else _idiom(session, function, one, registry)
    if function.framework != NUMPY and idiom is None:
        return None
    for guarded, env in ((False, {}), (False, POISONED), (True, POISONED)):
        file.write_text(_text(session, function, one, guarded, idiom), encoding="utf-8")
        shows = _run(file, env) == 1
        if shows:
            break
    before = " ".join(f"{name}={value}" for name, value in env.items())
    return Script(file, f"{before} python {file}".strip(), shows)


def _run(file: Path, env: dict[str, str]) -> int | None:
    command = [sys.executable, str(file)]
    try:
        done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return 1
    return 1 if done.returncode < 0 else done.returncode


def _idiom(session: Session, function: Function, one: Asked, registry: Registry) -> Idiom | None:
    writer = registry.writer(function.framework)
    if writer is None:
        return None
    try:
        return writer(ask(session.op, one.case, function.mode(registry), "cpu", 1, {}, registry.op))
    except LookupError:
        return None


def _text(session: Session, function: Function, one: Asked, guarded: bool, idiom: Idiom | None) -> str:
    inputs = list(zip(session.op.inputs, one.case.tensors, strict=True))
    made = [tensor_source(name, tensor) for name, tensor in inputs]
    lines = [f"# {function.label} as {session.op.name}: {one.judgement.message or one.judgement.verdict}"]
    lines += ["# Exit status 1: the difference is there. 0: it is gone.", "import sys", "", "import numpy as np"]
    lines += [idiom.imports] if idiom else []
    lines += [_EMPTY] if guarded else []
    lines += [f"sys.path.insert(0, {str(function.file.absolute().parent)!r})"]
    lines += [f"from {function.file.stem} import {function.name}  # noqa: E402", ""]
    lines += [library({name for _, used in made for name in used})] if any(used for _, used in made) else []
    for (name, tensor), (source, _) in zip(inputs, made, strict=True):
        lines += [source, *([] if idiom else _laid_out(name, tensor))]
        lines += [_GUARD.format(name, _beyond(tensor.dtype))] if guarded and not idiom else []
    lines += [idiom.tensors, idiom.answers] if idiom else []
    lines += [*_asked(session, function, one, idiom), ""]
    return "\n".join(lines)


def _beyond(dtype: str) -> str:
    return "np.nan" if dtypes.is_float(dtype) else "1"


def _laid_out(name: str, tensor: Tensor) -> Iterator[str]:
    """The line that gives an array the strides that the difference needs."""
    memory, shape = tensor.memory, tensor.shape
    if not shape or memory == Memory():
        return
    axis, step = memory.axis % len(shape), max(2, memory.step)
    before = "(slice(None),) * " + str(axis)
    lines = {
        "transposed": f"np.ascontiguousarray({name}.T).T",
        "reversed": f"np.flip(np.ascontiguousarray(np.flip({name}, {axis})), {axis})",
        "sliced": f"np.repeat({name}, {step}, {axis})[({before}) + (slice(None, None, {step}),)]",
        "offset": f"np.concatenate([{name}.ravel()[:1], {name}.ravel()])[1:].reshape({shape})",
        "broadcast": f"np.broadcast_to({name}, {shape})",
        "channels_last": f"np.ascontiguousarray({name}.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)",
    }
    if memory.kind in lines and (memory.kind != "channels_last" or len(shape) == 4):
        yield f"{name} = {lines[memory.kind]}"


def _asked(session: Session, function: Function, one: Asked, idiom: Idiom | None) -> Iterator[str]:
    binding = session.binding
    truth = references(session.op, one.case, one.outcome.arrays if isinstance(one.outcome, Returned) else ())
    yield "wrong = False"
    yield "for call in range(2):  # some functions err the second time only"
    yield from (f"    {line}" for line in _written(binding, session, truth, idiom))
    yield f"    answers = {_call(binding, session, function, one)}"
    yield "    answers = answers if isinstance(answers, (tuple, list)) else (answers,)" if not binding.outs else ""
    for place, (reference, model) in enumerate(zip(truth, session.models(truth), strict=True)):
        given = one.outcome.arrays[place] if isinstance(one.outcome, Returned) else None
        found = marks(given, reference, model, one.case.exact)
        yield from (f"    {line}" for line in _compared(place, found, reference, idiom))
    yield "sys.exit(int(wrong))"


def _written(binding: Binding, session: Session, truth: Sequence[Reference], idiom: Idiom | None) -> Iterator[str]:
    names = {parameter: name for name, parameter in binding.parameters.items()}
    for output, parameter in binding.outs.items():
        reference = truth[session.op.outputs.index(output)]
        if parameter in names:
            yield f"out_{output} = {names[parameter]}{'.clone()' if idiom else '.copy()'}"
        else:
            fill = "np.nan" if dtypes.is_float(reference.dtype) else "-1"
            yield f"out_{output} = np.full({tuple(reference.exact.shape)}, {fill}, np.{reference.dtype})"


def _call(binding: Binding, session: Session, function: Function, one: Asked) -> str:
    values = {**{name: name for name in session.op.inputs}, **{n: repr(v) for n, v in one.case.attributes.items()}}
    given = {p: values[name] for name, p in binding.parameters.items()}
    given |= {parameter: f"out_{output}" for output, parameter in binding.outs.items()}
    places = [given[p] for p in binding.positional if p in given]
    named = [f"{p}={v}" for p, v in given.items() if p not in binding.positional]
    call = f"{function.name}({', '.join([*places, *named])})"
    if not binding.outs:
        return call
    return f"({', '.join(f'out_{output}' for output in binding.outs)},) if {call} is None else None"


def _compared(place: int, found: object, reference: Reference, idiom: Idiom | None) -> Iterator[str]:
    expected, allowed, bad = found.expected, found.allowed, found.bad  # type: ignore[attr-defined]
    wanted = expected.astype(np.float64) if expected.dtype == np.longdouble else expected
    yield f"y = {f'to_numpy(answers[{place}])' if idiom else f'np.asarray(answers[{place}])'}"
    yield f"assert y.shape == {reference.exact.shape}, y.shape"
    if wanted.size > WHOLE:
        places = tuple(p[:PICKED] for p in np.nonzero(bad)) if bad.any() else tuple([0] for _ in wanted.shape)
        yield f"y = y[{', '.join(str([int(i) for i in p]) for p in places)}]"
        wanted, allowed = wanted[places], np.broadcast_to(allowed, expected.shape)[places]
    yield f"expected = {array_source(np.asarray(wanted))}"
    if np.asarray(wanted).dtype.kind == "f":
        limits = np.asarray(allowed, np.float64)
        one = (
            number(float(limits.flat[0])) if limits.size and np.all(limits == limits.flat[0]) else array_source(limits)
        )
        yield "with np.errstate(all='ignore'):"
        yield f"    right = (np.abs(y - expected) <= {one}) | (y == expected) | (np.isnan(y) & np.isnan(expected))"
    else:
        yield "right = y == expected"
    yield 'print(f"expected {expected}\\nactual   {y}")'
    yield "wrong = wrong or not right.all()"
