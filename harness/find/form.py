"""Whether a case has the form of its op: as many inputs, the attributes by name, a program of ops that there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from opassay.harness.find.located import unknown
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.program import OPERATORS, Program, Stage

FindOp = Callable[[str], Op]


def check_form(op: Op, case: Case, find: FindOp) -> None:
    """Raises ``ValueError`` in words of the case's JSON; what attributes hold is the contract's business.

    ``find`` gives the op of a name, for the stages of a program, and raises for one that there is not.
    """
    if not op.staged:
        expected = max(len(op.inputs), len(op.inputs_of(case)))
        _check(op.name, expected, len(case.tensors), op.attributes or {}, case.attributes)
    else:
        program = Program.from_attributes(case.attributes)
        _count(op.name, "tensors", len(program.inputs), len(case.tensors))
        for stage in program.stages:
            _check_stage(stage, find)
    if case.aspect == "gradient":
        outputs = Program.from_attributes(case.attributes).outputs if op.staged else op.outputs_of(len(case.cotangents))
        _count(op.name, "cotangents", len(outputs), len(case.cotangents))


def _check_stage(stage: Stage, find: FindOp) -> None:
    if stage.op in OPERATORS:
        _check(stage.op, 2, len(stage.inputs), (), stage.attributes)
        return
    op = find(stage.op)
    if op.staged:
        raise ValueError(f"stage {stage.op!r} is a program, and a program is made of single ops")
    inputs = len(op.inputs) + (len(op.outputs) if stage.vjp else 0)
    _check(stage.op, inputs, len(stage.inputs), op.attributes or {}, stage.attributes)


def _check(op: str, inputs: int, given: int, names: Collection[str], attributes: Mapping[str, Any]) -> None:
    _count(op, "inputs", inputs, given)
    for name in names:
        if name not in attributes:
            raise ValueError(f"{op} lacks the attribute {name!r}; it has: {', '.join(names)}")
    for name in attributes:
        if name not in names:
            raise ValueError(unknown(f"attribute of {op}", name, names) if names else f"{op} has no attribute {name!r}")


def _count(op: str, what: str, expected: int, given: int) -> None:
    if given != expected:
        raise ValueError(f"{op} takes {expected} {what}, got {given}")
