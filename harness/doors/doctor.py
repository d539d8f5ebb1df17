"""The command ``opassay doctor``: starts every target and prints what it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from opassay.harness.doors.consoles import say_line, stdout
from opassay.harness.doors.printed import filled
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.engine import Engine
from opassay.harness.run.known_rows import untested_line
from opassay.harness.run.lane import Lane


def doctor_command(adapters: list[str], python: Mapping[str, str]) -> int:
    """``opassay doctor``: 0 when every installed framework and every target of the user answers, 1 otherwise."""
    console = stdout()
    registry = Registry(adapters, Path(), python)
    for entry in registry.adapters.values():
        if not entry.installed:
            say_line(console, f"{entry.name}: not installed; {entry.hint}")
    targets, problems = ["all"] if registry.installed() else [], []
    for name in registry.described:
        try:
            targets.append(str(registry.target(name)))
        except UsageError as error:
            problems.append(f"{name}: {error}")
    for problem in problems:
        say_line(console, problem)
    campaign = Campaign(Request(adapters=adapters, targets=targets, ops=["relu"], python=python))
    if campaign.uncached:
        say_line(console, campaign.uncached)
    unhealthy = tell_each(campaign, _diagnosis)
    return int(bool(problems) or unhealthy)


def tell_each(campaign: Campaign, lines: Callable[[Engine, Lane], Iterable[str]]) -> int:
    """Print the lines of each target once it has started; 0 if all have, 1 otherwise."""
    console, healthy = stdout(), True
    with campaign.engine() as engine:
        check_devices(engine)
        for lane in engine.lanes.values():
            ready = lane.state == "ready"
            healthy &= ready
            for line in lines(engine, lane) if ready else [f"{lane.label}: could not start: {lane.state}"]:
                say_line(console, line)
    return 0 if healthy else 1


def outcome_of(engine: Engine, lane: Lane, op: Op, case: Case) -> Outcome | None:
    """The outcome of one case, alone, on one target; None if its worker no longer answers."""
    return next((outcome for label, outcome, _ in engine.ask(op, Item(0, case)) if label == lane.label), None)


def _diagnosis(engine: Engine, lane: Lane) -> list[str]:
    hello = lane.hello
    lines = [f"{lane.label}: {hello['version']}, Python {hello['python']}, NumPy {hello['numpy']}"]
    if untested := untested_line(engine, lane):
        lines.append(f"    {untested}")
    lines += [f"    from {hello['origin']}", f"    devices: {', '.join(hello['devices'])}; {len(hello['ops'])} ops"]
    return lines + [filled(f"{name} = {value}", 4, 8) for name, value in sorted(hello["settings"].items())]
