"""Program: an op composed of other ops, written down as data.

A program is a list of stages. Each names an op, the values it takes and the values it makes, so that a worker
can run it with any adapter, and the oracle can judge each stage, without either knowing the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opassay.harness.model import strict_json

OPERATORS = ("add", "subtract")
"""What a stage may do besides the ops: the framework's own ``+`` and ``-`` on two values of one shape."""


@dataclass(frozen=True)
class Stage:
    """One step of a program.

    ``op``: an op of the common interface, or one of ``OPERATORS``. ``inputs`` and ``outputs`` are names of
    values; a name is made once. With ``vjp`` the stage is the op's vector-Jacobian product: the cotangents
    follow the op's own inputs, and there is one output per input of the op; an empty name drops it.
    """

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    vjp: bool = False

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"op": self.op, "inputs": self.inputs, "outputs": self.outputs}
        if self.attributes:
            out["attributes"] = dict(self.attributes)
        if self.vjp:
            out["vjp"] = True
        return out

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Stage:
        data = strict_json.fields(given, "a stage", ("op", "inputs", "outputs"), ("attributes", "vjp"))
        return cls(
            op=str(data["op"]),
            inputs=_names(data["inputs"], "a stage's inputs"),
            outputs=_names(data["outputs"], "a stage's outputs"),
            attributes=dict(strict_json.mapping(data.get("attributes", {}), "a stage's attributes")),
            vjp=bool(data.get("vjp", False)),
        )


@dataclass(frozen=True)
class Program:
    """``inputs``: names of the case's tensors, in order. Every value that a stage makes is an output."""

    inputs: tuple[str, ...]
    stages: tuple[Stage, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all values made, in the order in which they are made."""
        return tuple(name for stage in self.stages for name in stage.outputs if name)

    def attributes(self) -> dict[str, Any]:
        """The program as the attributes of a ``Case``."""
        return {"inputs": self.inputs, "stages": tuple(stage.to_json() for stage in self.stages)}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Program:
        """Raises ``ValueError`` where a stage takes a value that nothing before it makes, or makes one again."""
        given = strict_json.fields(attributes, "a program", ("inputs", "stages"))
        inputs = _names(given["inputs"], "a program's inputs")
        if not isinstance(given["stages"], Sequence) or isinstance(given["stages"], str):
            raise ValueError(f"a program's stages: expected a list, got {given['stages']!r:.60}")
        stages = tuple(Stage.from_json(stage) for stage in given["stages"])
        made = set(inputs)
        for stage in stages:
            again = [name for name in stage.outputs if name and name in made]
            if again:
                raise ValueError(f"stage {stage.op!r} makes {again[0]!r}, which is there already")
            missing = [name for name in stage.inputs if name not in made]
            if missing:
                raise ValueError(f"stage {stage.op!r} takes {missing[0]!r}, which nothing before it makes")
            made.update(name for name in stage.outputs if name)
        return cls(inputs, stages)


def stage_ops(attributes: Mapping[str, Any]) -> frozenset[str]:
    """The ops that the stages of a program name, read from the attributes of its case; none where it is no program."""
    return frozenset(str(stage["op"]) for stage in attributes.get("stages", ()))


def _names(value: Any, what: str) -> tuple[str, ...]:
    if isinstance(value, Sequence) and all(isinstance(name, str) for name in value) and not isinstance(value, str):
        return tuple(value)
    raise ValueError(f"{what}: expected a list of names, got {value!r:.60}")
