"""Source text that scripts of all frameworks share: functions for ops, and programs of them. Imports no framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opassay.harness.model.case import Tensor
from opassay.harness.model.memory import stored_shape
from opassay.harness.model.program import OPERATORS, Program, Stage
from opassay.harness.model.script import Asked

_SIGNS = {"add": "+", "subtract": "-"}


@dataclass(frozen=True)
class Step:
    """One op to be written: the properties of its inputs, and whether a gradient of it will be taken."""

    op: str
    attributes: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[str, ...]
    differentiated: bool
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Body:
    """The lines of a function, and the adapter's functions that these call, as ``module:name``."""

    lines: tuple[str, ...]
    needs: tuple[str, ...] = ()


def body(*lines: str, needs: Sequence[str] = ()) -> Body:
    return Body(lines, tuple(needs))


Emit = Callable[[Step], Body]
Gradient = Callable[[Asked, str], str]


@dataclass(frozen=True)
class Written:
    """Functions in order of definition, and the adapter's functions that they need."""

    text: str
    needs: tuple[str, ...]


def function(name: str, parameters: Sequence[str], lines: Sequence[str]) -> str:
    return f"def {name}({', '.join(parameters)}):\n" + "\n".join(f"    {line}" for line in lines)


def step_of(asked: Asked, stage: Stage | None = None) -> Step:
    """The case's own op, or a stage of its program; in a gradient, every stage is differentiated."""
    case = asked.case
    gradient = case.aspect == "gradient"
    if stage is None:
        shapes = tuple(t.shape for t in case.tensors)
        return Step(case.op, case.attributes, shapes, tuple(t.dtype for t in case.tensors), gradient, asked.inputs)
    own = stage.inputs[: len(asked.parameters[stage.op])]
    return Step(
        stage.op,
        stage.attributes,
        tuple(asked.shapes[name] for name in own),
        tuple(asked.dtypes[name] for name in own),
        gradient or stage.vjp,
    )


def write(asked: Asked, emit: Emit, gradient: Gradient, vjp: str) -> Written:
    """Functions up to ``call``. ``gradient`` writes ``call`` from ``forward``; ``vjp`` defines ``value_and_vjp``."""
    if "stages" in asked.case.attributes:
        return _program(asked, emit, vjp)
    made = emit(step_of(asked))
    if asked.case.aspect != "gradient":
        return Written(function("call", asked.inputs, made.lines), made.needs)
    forward = function("forward", asked.inputs, made.lines)
    return Written(f"{forward}\n\n\n{gradient(asked, 'forward')}", made.needs)


def _program(asked: Asked, emit: Emit, vjp: str) -> Written:
    program = Program.from_attributes(asked.case.attributes)
    functions, needs, lines = [], [], []
    for number, stage in enumerate(program.stages, 1):
        name = f"{stage.op}_{number}"
        if stage.op in OPERATORS:
            a, b = stage.inputs
            lines.append(f"{stage.outputs[0]} = {a} {_SIGNS[stage.op]} {b}")
            continue
        made = emit(step_of(asked, stage))
        functions.append(function(name, asked.parameters[stage.op], made.lines))
        needs += made.needs
        lines.append(_call_of(name, stage))
    values = tuple_of(program.outputs)
    whole = function("program", asked.inputs, [*lines, f"return {values}"])
    gradient = asked.case.aspect == "gradient"
    uses_vjp = gradient or any(stage.vjp for stage in program.stages)
    last = (
        function(
            "call",
            asked.names,
            [
                f"values, gradients = value_and_vjp(program, {tuple_of(asked.inputs)}, {tuple_of(asked.cotangents)})",
                "return (*values, *gradients)",
            ],
        )
        if gradient
        else "call = program"
    )
    parts = [*([vjp] if uses_vjp else []), *functions, whole, last]
    return Written("\n\n\n".join(parts), tuple(dict.fromkeys(needs)))


def _call_of(name: str, stage: Stage) -> str:
    if not stage.vjp:
        return f"{', '.join(stage.outputs)} = {name}({', '.join(stage.inputs)})"
    count = len(stage.outputs)
    targets = ", ".join(output or "_" for output in stage.outputs)
    inputs, cotangents = tuple_of(stage.inputs[:count]), tuple_of(stage.inputs[count:])
    return f"{targets}{',' if count == 1 else ''} = value_and_vjp({name}, {inputs}, {cotangents})[1]"


def repeats(tensor: Tensor) -> bool:
    """Whether the script's NumPy array holds only the distinct values of a tensor that is broadcast along an axis."""
    return tensor.fill.kind != "literal" and stored_shape(tensor.memory, tensor.shape) != tensor.shape


def tuple_of(names: Sequence[str | None]) -> str:
    """``(x, None)`` as source, with the comma of a 1-tuple."""
    return f"({', '.join(str(n) for n in names)}{',' if len(names) == 1 else ''})"
