"""Builds programs stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.program import Program, Stage


class Builder:
    """Collects inputs and stages; ``probes`` reveals the cotangent of every value (aspect ``gradient``)."""

    def __init__(self, probes: bool) -> None:
        self._probes = probes
        self._inputs: dict[str, Tensor] = {}
        self._stages: list[Stage] = []
        self.shapes: dict[str, tuple[int, ...]] = {}

    def input(self, name: str, tensor: Tensor) -> str:
        self._inputs[name] = tensor
        self.shapes[name] = tensor.shape
        return name

    def stage(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        shapes: Sequence[tuple[int, ...]],
        *,
        vjp: bool = False,
        probe: bool = True,
        **attributes: Any,
    ) -> None:
        """One stage; ``shapes`` go by output. The first output is a float, and is probed if ``probe``."""
        made = list(outputs)
        self.shapes.update(zip(outputs, shapes, strict=True))
        probed = self._probes and probe
        if probed:
            made[0] = f"{outputs[0]}_unprobed"
        self._stages.append(Stage(op, tuple(inputs), tuple(made), attributes, vjp))
        if probed:
            self._probe(made[0], outputs[0])

    def _probe(self, value: str, name: str) -> None:
        dtype = next(iter(self._inputs.values())).dtype
        probe = self.input(f"{name}_probe", Tensor(self.shapes[name], dtype, Fill("zeros")))
        self._stages.append(Stage("add", (value, probe), (name,)))

    def case(self, op: str, asked: Sequence[str] = ()) -> Case:
        """The program as a case; for the aspect ``gradient`` the values in ``asked`` have a cotangent."""
        # A worker expects the probes last, whenever they were added.
        inputs = dict(sorted(self._inputs.items(), key=lambda item: item[0].endswith("_probe")))
        program = Program(tuple(inputs), tuple(self._stages))
        tensors = tuple(inputs.values())
        if not asked:
            return Case(op, tensors, program.attributes())
        dtype = tensors[0].dtype
        cotangents = tuple(Tensor(self.shapes[n], dtype) if n in asked else None for n in program.outputs)
        return Case(op, tensors, program.attributes(), "gradient", cotangents=cotangents)
