"""Programs judged stage by stage: what each stage should have made of what the target gave it.

Rounding errors grow from stage to stage, and a bound from end to end would accept anything. So the reference of a stage
is computed from the target's own answer to the previous stage. Where those answers are small integers every stage must
match bit for bit, and so must the whole program.

Gradients are judged the same way backwards. The target reveals the cotangent of an intermediate value where the program
adds a *probe* to it: an input that holds zeros, whose gradient is that cotangent.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opassay.adapters.oracle.cotangent import Arrays, Cotangents
from opassay.adapters.oracle.pool import attains_maximum
from opassay.adapters.oracle.stages import Answering, stage_gradients, stage_references
from opassay.adapters.oracle.total import may_err, total
from opassay.harness.model import dtypes
from opassay.harness.model.op import ContractError
from opassay.harness.model.program import OPERATORS, Program, Stage
from opassay.harness.model.reference import Reference

Answers = Sequence[np.ndarray | None]

LOW = ("float16", "bfloat16")
"""Compilers may keep values between stages in a wider format. For other dtypes there is none, but a product may be
fused with an addition.
"""


def program_reference(
    attributes: Mapping[str, Any], inputs: Arrays, answers: Answers = (), instead: Answering | None = None
) -> tuple[Reference, ...]:
    """One ``Reference`` per value of the program, in order.

    ``answers`` are the target's own, in the same order; where one is missing, or has an unexpected shape or dtype, the
    oracle's replaces it. ``instead``: answers of stages that replace the oracle's. Raises ``ContractError`` for an
    invalid program.
    """
    return tuple(_Forward(Program.from_attributes(attributes), inputs, answers, instead).references)


def program_vjp(
    attributes: Mapping[str, Any],
    inputs: Arrays,
    cotangents: Cotangents,
    answers: Answers = (),
    instead: Answering | None = None,
) -> tuple[Reference, ...]:
    """The same, followed by one ``Reference`` per input: the gradients for ``cotangents``, one per value.

    ``answers`` holds the target's values, then its gradients.
    """
    program = Program.from_attributes(attributes)
    forward = _Forward(program, inputs, answers, instead)
    backward = _Backward(forward, cotangents, answers[len(program.outputs) :])
    return (*forward.references, *backward.references)


class _Forward:
    """The values of a program: ``values`` by name, the target's where usable."""

    def __init__(self, program: Program, inputs: Arrays, answers: Answers, instead: Answering | None) -> None:
        self.program = program
        self.instead = instead
        self.values: dict[str, np.ndarray] = dict(zip(program.inputs, inputs, strict=True))
        self._own = dict(self.values)
        self._made: set[str] = set()
        self._taken: dict[tuple[str, ...], list[np.ndarray]] = {}
        self.references: list[Reference] = []
        given = iter(answers)
        for stage in program.stages:
            found = self._judge(stage)
            for name, reference in zip(stage.outputs, found, strict=True):
                if name:
                    answer = next(given, None)
                    self._keep(name, self._tolerant(stage, found[0], reference, answer), answer)

    def inputs(self, stage: Stage) -> list[np.ndarray]:
        """What the stage was judged by."""
        return self._taken[stage.outputs]

    def _judge(self, stage: Stage) -> list[Reference]:
        found = self._references(stage)
        integral = all(is_integral(value) for value in self.inputs(stage))
        return [self._loosened(stage, replace(r, integral=integral)) for r in found]

    def _references(self, stage: Stage) -> tuple[Reference, ...]:
        """From the target's values; where these are invalid here, which their own stage has shown, from the oracle's.

        Indices are replaced first: the values beside them may be correct.
        """
        indices = {n for n in stage.inputs if not dtypes.is_float(dtypes.dtype_name(self.values[n]))}
        for replaced in (set(), indices):
            try:
                return self._judged_by(stage, replaced)
            except ContractError:
                continue
        return self._judged_by(stage, set(stage.inputs))

    def _judged_by(self, stage: Stage, replaced: Container[str]) -> tuple[Reference, ...]:
        """``replaced`` names the inputs for which the oracle's values are used."""
        taken = [self._own[name] if name in replaced else self.values[name] for name in stage.inputs]
        found = stage_references(stage, taken)
        if self.instead is not None:
            found = tuple(self.instead.forward(stage, taken, found))
        self._taken[stage.outputs] = taken
        return found

    def _loosened(self, stage: Stage, reference: Reference) -> Reference:
        """Leave room for values that a compiler kept unrounded between stages."""
        added = stage.op in OPERATORS
        unrounded = [n for n in stage.inputs if n in self._made and (added or self._dtype(n) in LOW)]
        if not unrounded or reference.integral or reference.magnitude is None:
            return reference
        unit = len(unrounded) * dtypes.FORMATS[self._dtype(unrounded[0])].unit_roundoff
        size = reference.magnitude
        if added:
            size = np.asarray(sum(np.abs(dtypes.widen(self.values[n])) for n in stage.inputs))
        return replace(reference, slack=unit / (1 - unit) * np.where(np.isfinite(size), size, 0))

    def _dtype(self, name: str) -> str:
        return dtypes.dtype_name(self.values[name])

    def _keep(self, name: str, reference: Reference, answer: np.ndarray | None) -> None:
        own = dtypes.narrow(reference.exact, reference.dtype)
        self.references.append(replace(reference, name=name))
        self._own[name] = own
        self.values[name] = answer if answer is not None and _usable(answer, reference) else own
        self._made.add(name)

    def _tolerant(self, stage: Stage, values: Reference, reference: Reference, answer: np.ndarray | None) -> Reference:
        """Where rounding made candidates equal, any of them may have been the largest before it."""
        if reference.policy != "index" or reference.integral or answer is None or not _usable(answer, reference):
            return reference
        image = self.values[stage.inputs[0]]
        if dtypes.dtype_name(image) not in LOW or stage.inputs[0] not in self._made:
            return reference
        equal = attains_maximum(image, answer, values.exact, **stage.attributes)
        return replace(reference, exact=np.where(equal, answer, reference.exact))


class _Backward:
    """Gradients of a program, from its end to its inputs."""

    def __init__(self, forward: _Forward, cotangents: Cotangents, answers: Answers) -> None:
        self._forward, self._program = forward, forward.program
        self._told = dict(zip(self._program.inputs, answers, strict=False))
        self._parts: dict[str, list[Reference]] = {}
        for name, cotangent in zip(self._program.outputs, cotangents, strict=True):
            if cotangent is not None:
                given = Reference("", dtypes.dtype_name(cotangent), dtypes.widen(cotangent))
                self._parts[name] = [replace(given, integral=is_integral(cotangent))]
        for stage in reversed(self._program.stages):
            self._send_back(stage)
        self.references = [self._total(name, f"d{name}") for name in self._program.inputs]

    def _send_back(self, stage: Stage) -> None:
        arrived = [self._total(name, name) if name else None for name in stage.outputs]
        probe = self._probe(stage)
        if probe is not None and arrived[0] is not None:
            # The target continues with the cotangent that it reports here.
            self._parts.setdefault(probe, []).append(arrived[0])
        if probe is None and stage.op != "stop_gradient":
            self._check_exact(arrived)
        cotangents = [self._value(reference, probe) for reference in arrived]
        if all(cotangent is None for cotangent in cotangents):
            return
        taken = self._forward.inputs(stage)
        integral = all(is_integral(value) for value in (*taken, *cotangents) if value is not None)
        sent: Sequence[Reference] = stage_gradients(stage, taken, cotangents)
        if self._forward.instead is not None:
            sent = self._forward.instead.backward(stage, taken, cotangents, sent)
        for name, reference in zip(stage.inputs, sent, strict=True):
            if name != probe:
                self._parts.setdefault(name, []).append(replace(reference, integral=integral))

    def _check_exact(self, arrived: Sequence[Reference | None]) -> None:
        """A gradient that is rounded and then used must be reported by the target."""
        for reference in arrived:
            if reference is not None and (reference.policy == "linear" or may_err(reference)):
                raise ValueError(f"the gradient of {reference.name!r} is rounded before it goes on: add a probe to it")

    def _probe(self, stage: Stage) -> str | None:
        """The input that the stage adds only to reveal its cotangent."""
        last = stage.inputs[-1]
        only_here = sum(last in other.inputs for other in self._program.stages) == 1
        alone = only_here and stage.inputs[0] != last
        return last if stage.op == "add" and last in self._program.inputs and alone else None

    def _value(self, reference: Reference | None, probe: str | None) -> np.ndarray | None:
        if reference is None or reference.policy == "unconnected":
            return None
        answer = self._told.get(probe) if probe is not None else None
        if answer is not None and _usable(answer, reference):
            return answer
        return dtypes.narrow(reference.exact, reference.dtype)

    def _total(self, name: str, called: str) -> Reference:
        value = self._forward.values[name]
        parts = self._parts.get(name, []) if dtypes.is_float(dtypes.dtype_name(value)) else []
        return total(called, parts, dtypes.dtype_name(value))


def is_integral(values: np.ndarray) -> bool:
    """Whether all values are integers, so that sums of their products may be exact."""
    if not dtypes.is_float(dtypes.dtype_name(values)):
        return True
    wide = dtypes.widen(values)
    return bool((np.isfinite(wide) & (np.rint(wide) == wide)).all())


def _usable(answer: object, reference: Reference) -> bool:
    """Whether the target's answer can replace the oracle's."""
    return (
        isinstance(answer, np.ndarray)
        and answer.shape == reference.exact.shape
        and dtypes.dtype_name(answer) == reference.dtype
    )
