"""Generated cases of one op, judged, for an adapter's tests."""

from __future__ import annotations

from opassay.harness.find.located import declare
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices


def new_differences(adapter: str, op: str, cases: int = 20, seed: int = 0) -> list[str]:
    """What ``opassay run`` would call new: one line per record of the adapter at module:Class, in its default mode.

    Known differences of the adapter and limits that it declares are not new. Also a line where no case was judged.
    ``cases``: geometries per aspect, two fills each. ``seed``: of the case stream.
    """
    settings = Settings(cases=cases, seed=seed)
    campaign = Campaign(Request([declare(adapter).name], [op], adapters=[adapter], settings=settings))
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
        ill = [f"{lane.label} could not start: {lane.state}" for lane in engine.lanes.values() if lane.state != "ready"]
    if not ill and not any(record.verdict == "pass" or record.known for record in records):
        ill = [f"no case of {op} was judged: {', '.join(sorted({r.verdict for r in records})) or 'nothing ran'}"]
    wrong = (record for record in records if record.new or record.verdict == "fault")
    return [*ill, *(f"{r.op} {r.aspect} {r.case_id}: {r.verdict}: {r.message}" for r in wrong)]
