"""Further workers of a target that is behind: every question is answered once, whoever is asked."""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from opassay.harness.model.target import Target
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan.plan import Settings
from opassay.harness.run import joining, silence
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.course import Course
from opassay.harness.run.half import Half
from opassay.harness.run.process import WorkerProcess

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
CASES = 40


@pytest.fixture
def campaign(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setattr(joining, "WORTH", 0.01)
    settings = Settings(cases=CASES)
    return Campaign(Request(["honest"], ["matmul", "relu"], ["value"], ["planted:Honest"], settings=settings))


def answered(campaign, cores):
    """Records of a run on so many cores, and how many lanes had a part in it."""
    with campaign.engine() as engine:
        check_devices(engine)
        join = joining.Joining(engine, half := half_of(campaign, engine), campaign.cost, cores)
        courses = {target: half.steps(lane) for target, lane in engine.lanes.items()}
        records = list(engine.follow(courses, join))
        assert [lane.process is not None for lane in engine.all_lanes] == [
            lane in engine.lanes.values() for lane in engine.all_lanes
        ]
        return records, engine.all_lanes


def half_of(campaign, engine):
    return Half(engine, campaign.shards, campaign.ops, campaign.aspects, frozenset())


def told(records):
    return Counter((r.case_id, r.number, r.target, r.verdict, r.rho) for r in records)


def test_two_workers_answer_what_one_does(campaign):
    one, lanes = answered(campaign, cores=1)
    assert len(lanes) == 1
    two, lanes = answered(campaign, cores=2)
    assert len(lanes) == 2
    assert lanes[1].wear._served > 0, "the second worker was given nothing"
    assert told(one) == told(two)
    assert not {r.verdict for r in two} & set(FAILING)


def test_what_a_further_worker_leaves_undone_goes_back(campaign, monkeypatch):
    expected = told(answered(campaign, cores=1)[0])
    asked = []

    def not_the_second(spec, events, process):
        asked.append(spec)
        return WorkerProcess(
            replace(spec, adapter="faulty:CannotStart", mode="sound", extra_roots={"faulty": str(HERE / "faulty.py")})
            if len(asked) == 2
            else spec,
            events,
        )

    monkeypatch.setattr("opassay.harness.run.fork_server.Starts._forked", lambda starts, spec: None)
    monkeypatch.setattr("opassay.harness.run.fork_server.WorkerProcess", not_the_second)
    found, (lane, second) = answered(campaign, cores=2)
    assert "libframework.so.7" in second.state
    assert lane.usable
    assert told(found) == expected


def joining_of(campaign, device, cores):
    """``Joining`` and the course of a made-up target on ``device``, of which all is left."""
    target = Target("a", "m", device)
    lane = SimpleNamespace(target=target, asleep=False)
    half = SimpleNamespace(left=lambda target: campaign.shards, help=lambda lane: iter(()))
    engine = SimpleNamespace(lanes={target: lane}, second_lane=lambda first: first)
    return joining.Joining(engine, half, campaign.cost, cores), [Course(lane, iter(()))]


def test_there_are_as_many_workers_as_cores(campaign):
    join, going = joining_of(campaign, "cpu", cores=3)
    for joined in (1, 1, 0):
        found = join(going)
        assert len(found) == joined
        going += found


def test_nobody_joins_where_little_is_left_or_a_device_is_shared(campaign, monkeypatch):
    join, going = joining_of(campaign, "cuda:0", cores=2)
    assert not join(going)
    monkeypatch.setattr(joining, "WORTH", 1e6)
    join, going = joining_of(campaign, "cpu", cores=2)
    assert not join(going)


def test_one_more_joins_a_worker_that_sleeps_however_many_run(campaign):
    join, going = joining_of(campaign, "cpu", cores=1)
    assert not join(going)
    going[0].lane.asleep = True
    (more,) = join(going)
    assert not join([*going, more])


class Still:
    """A process that computes ``share`` of the time."""

    def __init__(self, share, children=False):
        self.share, self.children, self.now = share, children, 0.0

    def seconds(self):
        return self.share * self.now

    def parental(self):
        return self.children


@pytest.mark.parametrize(
    ("process", "asleep"),
    [(Still(0.0), True), (Still(0.1), False), (Still(0.0, children=True), False)],
    ids=["waits", "computes", "waits for a child"],
)
def test_a_worker_sleeps_if_neither_it_nor_a_child_computes(process, asleep, monkeypatch):
    monkeypatch.setattr(silence.time, "monotonic", lambda: process.now)
    listening = silence.Silence()
    for process.now in (0.0, silence.SLEEPS / 2, silence.SLEEPS):
        listening.look(process, 0)
        assert not listening.asleep
    process.now = 2 * silence.SLEEPS
    listening.look(process, 0)
    assert listening.asleep == asleep
    listening.end()
    assert not listening.asleep
