"""The steps of a lane that runs the pinned cases of known differences."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.op import Op
from opassay.harness.plan.plan import Item
from opassay.harness.run.course import Steps, idle
from opassay.harness.run.engine import Engine
from opassay.harness.run.job import Job
from opassay.harness.run.kinds import Pinned
from opassay.harness.run.lane import Lane
from opassay.harness.run.pins import concerned, shown

CHANCES = 5
"""How often the pin of a flaky difference may pass before the entry counts as out of date."""


def check_pins(engine: Engine, ops: Sequence[Op], aspects: Sequence[str]) -> None:
    """Run pinned cases of known differences in scope on every target; verdicts go to ``engine.pins``."""
    list(engine.follow({target: pin_steps(engine, lane, ops, aspects) for target, lane in engine.lanes.items()}))


def pin_steps(engine: Engine, lane: Lane, ops: Sequence[Op], aspects: Sequence[str]) -> Steps:
    """The steps that run the pins in scope on ``lane``; verdicts go to ``engine.pins`` by label and case id.

    If the target compiles cases together, all that need no care run as one job first. Pins that did not show the
    difference there run alone. The pin of a flaky fact runs again while it passes; one of a nondeterministic fact is
    called twice. The scope depends on the number of threads.
    """
    by_name = {op.name: op for op in ops}
    asked = _pinned(engine, lane, by_name, aspects)
    together = asked if lane.hello.get("fused") else []
    careless = {pin.id: (fact, pin) for fact, pin in together if not any(engine.care(lane, pin).values())}
    if careless:
        items = [_pinned_item(*one) for one in careless.values()]
        first, *rest = dict.fromkeys(item.case.op for item in items)
        yield Job(by_name[first], items, Pinned(), others=[by_name[name] for name in rest])
        yield idle(lane)
    waiting = [(fact, pin) for fact, pin in asked if not _showed(engine, lane, fact, pin)]
    for _ in range(CHANCES):
        for fact, pin in waiting:
            brief, spoils = "hang" in fact.verdicts, engine.spoils(lane, pin)
            item = _pinned_item(fact, pin)
            yield Job(by_name[pin.op], [item], Pinned(), alone=True, brief=brief, spoils=spoils)
        yield idle(lane)
        waiting = [(fact, pin) for fact, pin in waiting if fact.flaky and not shown(engine.pins, lane.label, fact)]


def _pinned(engine: Engine, lane: Lane, ops: Collection[str], aspects: Sequence[str]) -> list[tuple[Fact, Case]]:
    """Facts in scope, each with its pins that ``lane`` has not run yet."""
    return [
        (fact, pin)
        for fact in engine.known.of_adapter(lane.target.adapter)
        for pin in fact.pins
        if pin.op in ops
        and pin.aspect in aspects
        and concerned(lane, fact, pin)
        and (lane.label, pin.id) not in engine.pins
    ]


def _showed(engine: Engine, lane: Lane, fact: Fact, pin: Case) -> bool:
    return bool(shown(engine.pins, lane.label, replace(fact, pins=(pin,))))


def _pinned_item(fact: Fact, pin: Case) -> Item:
    return Item(0, pin, "nondeterministic" in fact.verdicts)
