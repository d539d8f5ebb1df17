"""What is not as promised, and known: by the adapter's facts, its choices and its baseline, as a run goes by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opassay.harness.contract.observe import Observation
from opassay.harness.find.located import UsageError, declare
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.engine import Engine


def excused(location: str, device: str, wrong: Sequence[Observation]) -> frozenset[tuple[str, str]]:
    """Checks and cases that were not as promised and that something known covers; ``location`` is module:Class.

    Each case is put to the adapter once more, in the mode in which it was asked. Nothing is known of a class that no
    run could name.
    """
    found: set[tuple[str, str]] = set()
    try:
        name = declare(location).name
    except UsageError:
        return frozenset()
    for mode in dict.fromkeys(o["mode"] for o in wrong):
        here = [o for o in wrong if o["mode"] == mode]
        ops = sorted({o["case"]["op"] for o in here})
        target = f"{name}:{mode}@{device}"
        campaign = Campaign(Request([target], ops, adapters=[location]))
        with campaign.engine() as engine:
            check_devices(engine)
            found |= set(_known(campaign, engine, here))
    return frozenset(found)


def chosen(location: str, mode: str, choice: str, option: str) -> bool:
    """Whether the adapter at module:Class declares that it follows this option of a choice, whatever the op.

    Without ``mode``, its first one is meant.
    """
    try:
        declared = declare(location)
        follows = Registry([location]).follows(declared.name)
    except UsageError:
        return False
    asked = mode or declared.modes[0]
    return any((f.choice, f.option) == (choice, option) and (not f.modes or asked in f.modes) for f in follows)


def _known(campaign: Campaign, engine: Engine, wrong: Sequence[Observation]) -> Iterator[tuple[str, str]]:
    ops = {op.name: op for op in campaign.ops}
    (lane,) = engine.lanes.values()
    for observation in wrong:
        case = Case.from_json(observation["case"])
        for _, outcome, judgement in engine.ask(ops[case.op], Item(0, case)):
            by_choice = judgement.verdict == "pass" and bool(judgement.choice)
            if by_choice or engine.known.covering(lane, ops[case.op], case, outcome, judgement):
                yield observation["check"], observation["case_id"]
