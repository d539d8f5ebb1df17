"""Every target goes on at its own pace, in all parts of a run."""

import os
import sys
from pathlib import Path

import pytest

from opassay.harness.plan.plan import SPLIT, Settings, shards
from opassay.harness.run import campaign as campaigns
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.feeds import WINDOW, Feeds
from opassay.harness.run.run import Run

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


def test_a_slow_target_holds_no_fast_one_back(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setattr(campaigns, "usable_cores", lambda: 2)
    request = Request(
        ["sluggish", "honest"],
        ["matmul"],
        ["value"],
        ["ending:Sluggish", "planted:Honest"],
        settings=Settings(cases=SPLIT),
    )
    campaign = Campaign(request)
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(Run(campaign, tmp_path).execute(engine))
    order = [(r.target, "threads" in r.executor) for r in records]
    assert order.count(("honest", True)) > 10
    last = max(position for position, told in enumerate(order) if told == ("honest", True))
    assert ("sluggish", False) in order[last:], "the fast one was done before the slow one was half way"


def test_batches_that_were_given_up_are_made_again_just_as_they_were(monkeypatch):
    monkeypatch.setattr("opassay.harness.run.feeds.WINDOW", 1)
    campaign = Campaign(Request(["sluggish", "honest"], ["matmul"], ["value"], ["ending:Sluggish", "planted:Honest"]))
    engine = campaign.engine()
    first, second = engine.lanes.values()
    planned = shards(campaign.ops, ("value",), campaign.targets, 100)
    feeds = Feeds(planned, engine.make_batch, lambda lane, case: {})
    one, other = ([[i.case.id for i in job.items] for job in feeds.jobs(lane)] for lane in (first, second))
    assert WINDOW > 1
    assert one == other
    assert len(one) == 4


@pytest.mark.parametrize(
    ("targets", "yielding"), [(["jax", "torch"], {"torch"}), (["torch", "tensorflow"], set()), (["jax"], set())]
)
def test_what_compiles_has_the_cores_first(targets, yielding):
    """It ends last, and with it the run."""
    with Campaign(Request(targets=targets, ops=["relu"])).engine() as engine:
        nice = {lane.label: os.getpriority(os.PRIO_PROCESS, lane.process.pid) for lane in engine.lanes.values()}
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert {label for label, found in nice.items() if found > own} == yielding
