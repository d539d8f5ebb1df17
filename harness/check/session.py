"""One function in its own process, which runs case by case."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from opassay.harness.check.binding import Binding
from opassay.harness.check.function import Claims
from opassay.harness.check.restrict import Restriction, stream
from opassay.harness.check.written import line
from opassay.harness.find.registry import UsageError
from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case
from opassay.harness.model.memory import Memory
from opassay.harness.model.numeric_model import NumericModel, find_model
from opassay.harness.model.op import Op, references
from opassay.harness.model.outcome import Outcome, Raised
from opassay.harness.model.reference import Reference
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.generate import pins
from opassay.harness.plan.plan import Item
from opassay.harness.run.engine import Engine
from opassay.harness.run.lane import Lane
from opassay.harness.run.repeat import POISONS
from opassay.harness.worker.bits import digest


@dataclass(frozen=True)
class Budget:
    """Limits of a check. ``cases``: geometries per aspect. ``timeout``: seconds per case; ``start``: of the import.

    The others are seconds, 0 for none: of the stream, of shrinking, of planted mistakes, and of a fresh process.
    """

    cases: int = 60
    timeout: float = 10.0
    start: float = 60.0
    asking: float = 6.0
    shrinking: float = 4.0
    sharpening: float = 3.0
    again: float = 2.0


@dataclass(frozen=True, eq=False)
class Asked:
    """One case with the answer and its judgement."""

    number: int
    case: Case
    outcome: Outcome
    judgement: Judgement

    @property
    def failed(self) -> bool:
        return self.judgement.verdict in FAILING

    @property
    def judged(self) -> bool:
        return self.failed or self.judgement.verdict == "pass"


@dataclass
class Session:
    """A function that answers as ``op``, restricted ``to`` what the user asks.

    ``dropped``: dtypes that it does not take, with the reason. ``planned``: the number of cases without a time limit.
    """

    engine: Engine
    op: Op
    to: Restriction
    claims: Claims
    budget: Budget
    seed: int
    shapes: Path
    dropped: dict[str, str] = field(default_factory=dict)
    planned: int = 0

    @property
    def _lane(self) -> Lane:
        return next(iter(self.engine.lanes.values()))

    @property
    def binding(self) -> Binding:
        """The binding of the function's parameters, as its worker reported it."""
        return Binding(**json.loads(self._lane.settings["binding"]))

    @property
    def version(self) -> str:
        """The version of the framework whose arrays the function takes."""
        return self._lane.version

    def ask(self, case: Case, number: int = 0) -> Asked:
        """The function's answer, from two calls. Raises ``UsageError`` if it cannot be called at all."""
        if self.binding.outs:
            self._write(case)
        found = self.engine.ask(self.op, Item(number, case))
        if not found:
            raise UsageError(str(self._lane.state))
        _, outcome, judgement = found[0]
        if isinstance(outcome, Raised) and outcome.type == "Misfit":
            raise UsageError(outcome.message)
        return Asked(number, case, outcome, judgement)

    def _write(self, case: Case) -> None:
        forward = Case(case.op, case.tensors, case.attributes)
        told = [(r.exact.shape, r.dtype) for r in references(self.op, forward)]
        given = [(t.shape, t.dtype) for t in case.tensors]
        with self.shapes.open("a", encoding="utf-8") as file:
            file.write(line(given, case.attributes, told))

    def all(self, aspect: str) -> Iterator[Asked]:
        """Pins and the stream within the time limit, small cases first; none of a dtype that it never takes."""
        cases = [*((number, pin.case) for number, pin in pins(self.op, aspect)), *self._drawn(aspect)]
        self.planned += len(cases)
        self.engine.wait_ready()
        until = time.monotonic() + self.budget.asking
        for number, case in sorted(cases, key=lambda found: found[1].size):
            if time.monotonic() > until:
                return
            yield self.ask(case, number)

    def _drawn(self, aspect: str) -> Iterator[tuple[int, Case]]:
        there = self.op.geometries if aspect == "value" else self.op.gradients
        drawn = stream(self.op, aspect, self.to, self.seed, 2) if there else iter(())
        numbers: set[int] = set()
        for number, case in drawn:
            numbers.add(number)
            if len(numbers) > self.budget.cases:
                return
            yield number, case

    def again(self, asked: Sequence[Asked]) -> Asked | None:
        """The first case that a fresh process answers differently, in another order and with other poison."""
        if not self.budget.again:
            return None
        self._lane.renew({"MALLOC_PERTURB_": POISONS[1]})
        self.engine.wait_ready()
        until = time.monotonic() + self.budget.again
        for one in reversed(asked):
            if time.monotonic() > until:
                return None
            other = self.ask(one.case, one.number)
            if digest(other.outcome) != digest(one.outcome):
                words = f"a fresh process gives other bits; there it is {other.judgement.verdict}"
                return Asked(one.number, one.case, other.outcome, Judgement("nondeterministic", words))
        return None

    def models(self, found: Sequence[Reference]) -> list[NumericModel]:
        """The numeric models that are claimed for these outputs."""
        rules = self.claims.rules()
        return [find_model(rules, *(r.computes or (self.op.name, r.name)), r.dtype) for r in found]

    def takes(self, wanted: Sequence[str]) -> list[str]:
        """The ``wanted`` dtypes in which the function answers the simplest case; reasons for others go to
        ``dropped``."""
        taken: list[str] = []
        for dtype in wanted:
            one = next((c for _, c in self._drawn_any() if c.tensors[-1].dtype == dtype and not c.empty), None)
            if one is None:
                continue
            asked = self.ask(one.with_tensors([replace(t, memory=Memory()) for t in one.all_tensors]))
            if asked.judgement.verdict in ("rejects", "unsupported", "fault", "hang"):
                self.dropped[dtype] = asked.judgement.message
                if asked.judgement.verdict == "hang" and not taken:
                    return []
            else:
                taken.append(dtype)
        return taken

    def _drawn_any(self) -> Iterator[tuple[int, Case]]:
        aspect = "value" if self.op.geometries else "gradient"
        return stream(self.op, aspect, self.to, 0, 1)
