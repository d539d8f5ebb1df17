"""Bugs planted in an honest adapter are found by name, and a worker's end costs no record."""

import importlib
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from opassay.harness.model.case import Case
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan import plan
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

HONEST_OPS = (
    "conv2d",
    "conv2d_transpose",
    "max_pool2d_with_argmax",
    "avg_pool2d",
    "matmul",
    "scatter_nd",
    "max_unpool2d",
)

BUGS = {
    "SameAtStart": ("same_at_start", "conv2d", "structural"),
    "FlippedKernel": ("flipped_kernel", "conv2d", "structural"),
    "SwappedStrides": ("swapped_strides", "conv2d", "shape"),
    "DroppedTap": ("dropped_tap", "conv2d_transpose", "structural"),
    "NoDilation": ("no_dilation", "conv2d", "structural"),
    "MixedGroups": ("mixed_groups", "conv2d", "structural"),
    "LastTie": ("last_tie", "max_pool2d_with_argmax", "structural"),
    "BatchInIndex": ("batch_in_index", "max_pool2d_with_argmax", "structural"),
    "WrongDtype": ("wrong_dtype", "avg_pool2d", "dtype"),
    "WrongShape": ("wrong_shape", "scatter_nd", "shape"),
    "Rejects": ("refuses", "matmul", "rejects"),
    "Stale": ("stale", "matmul", "structural"),
}
"""Class: the adapter's name, the op its bug is in, the verdict."""


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def campaign_of(cls, name, ops, aspect="value", **settings):
    chosen = Settings(**{"cases": 20, **settings})
    return Campaign(
        Request(targets=[name], adapters=[f"planted:{cls}"], ops=list(ops), aspects=[aspect], settings=chosen)
    )


def records_of(campaign, each=lambda engine, records: None):
    records = []
    with campaign.engine() as engine:
        check_devices(engine)
        for record in engine.run(campaign.shards):
            records.append(record)
            each(engine, records)
    return records


def assert_complete(campaign, records):
    planned = sum(shard.planned(campaign.settings.fills) for shard in campaign.shards)
    assert len(records) == planned
    assert len({(r.op, r.aspect, r.number, r.case_id) for r in records}) == planned


def assert_found(records, verdict):
    found = [r for r in records if r.verdict == verdict]
    assert found, Counter(r.verdict for r in records)
    assert {r.confirmed for r in found} == {"yes"}
    assert not [r.message for r in records if r.verdict == "fault"]


def test_the_honest_adapter_passes():
    campaign = campaign_of("Honest", "honest", HONEST_OPS)
    records = records_of(campaign)
    assert_complete(campaign, records)
    assert not [(r.op, r.verdict, r.message, r.case) for r in records if r.verdict in (*FAILING, "fault")]
    assert {r.op for r in records if r.verdict == "pass"} == set(HONEST_OPS)


@pytest.mark.parametrize("cls", BUGS)
@pytest.mark.share(2)
def test_a_planted_bug_is_found(cls):
    name, op, verdict = BUGS[cls]
    # Dilation shows under SAME alone, without which the shape differs.
    campaign = campaign_of(cls, name, [op], cases=40 if cls == "NoDilation" else 20)
    records = records_of(campaign)
    assert_complete(campaign, records)
    assert_found(records, verdict)


@pytest.mark.parametrize(("cls", "verdict"), [("OneFill", "structural"), ("OneFillEnds", "crash")])
def test_one_fill_of_eight_is_found_and_no_other_is_blamed(cls, verdict):
    campaign = campaign_of(cls, {"OneFill": "one_fill", "OneFillEnds": "one_fill_ends"}[cls], ["conv2d"], fills=8)
    records = records_of(campaign)
    assert_complete(campaign, records)
    assert_found(records, verdict)
    of_ties = importlib.import_module("planted").of_ties
    wrong = {r.case_id for r in records if of_ties(Case.loads(r.case).inputs()[0]) and r.elements != 0}
    assert len(wrong) > 10
    assert {r.case_id for r in records if r.verdict == verdict} == wrong
    assert {r.verdict for r in records if r.case_id not in wrong} <= {"pass", "undefined"}
    if cls == "OneFill":
        told = {(r.worst_index, r.bad_elements) for r in records if r.case_id in wrong}
        assert told == {("y[0,0,0,0]", 1)}


def test_a_previous_answer_does_not_repeat():
    campaign = campaign_of("Late", "late", ["matmul"])
    records = records_of(campaign)
    assert_complete(campaign, records)
    assert {r.verdict for r in records if r.failing} == {"nondeterministic"}
    assert {r.confirmed for r in records if r.failing} == {"no"}


def test_an_answer_to_invalid_input_is_found():
    campaign = campaign_of("Careless", "careless", ["matmul"], aspect="error")
    records = records_of(campaign)
    assert_complete(campaign, records)
    assert_found(records, "accepts")
    assert {r.verdict for r in records} == {"accepts"}


@pytest.mark.parametrize(("cls", "name"), [("Aborts", "aborts"), ("AbortsFused", "aborts_fused")])
def test_an_abort_costs_no_record(cls, name):
    campaign = campaign_of(cls, name, ["matmul"])
    records = records_of(campaign)
    assert_complete(campaign, records)
    assert_found(records, "crash")
    assert {r.error_type for r in records if r.verdict == "crash"} == {"SIGABRT"}
    assert {r.case_id for r in records if r.verdict == "crash"} == {
        r.case_id for r in records if r.dtype.startswith("bfloat16")
    }
    assert {r.verdict for r in records} <= {"pass", "crash", "undefined"}


def test_a_hang_costs_no_record():
    campaign = campaign_of("Endless", "endless", ["matmul"], timeout=1.0)
    records = records_of(campaign)
    assert_complete(campaign, records)
    assert_found(records, "hang")
    assert {r.verdict for r in records} <= {"pass", "hang", "undefined"}


def test_a_worker_that_grows_is_replaced_between_batches_and_nothing_is_blamed(monkeypatch):
    monkeypatch.setattr(plan, "BATCH_GEOMETRIES", 4)
    settings, targets = Settings(cases=160), {"targets": ["leaky"], "adapters": ["planted:Leaky"], "ops": ["matmul"]}
    campaign = Campaign(Request(**targets, aspects=["value"], settings=settings, memory=2**30))
    workers = set()
    told = {}

    def each(engine, _):
        (lane,) = engine.lanes.values()
        workers.add(lane.process.pid)
        told["lines"] = list(lane.wear.growth.lines(lane.label))

    records = records_of(campaign, each)
    assert_complete(campaign, records)
    assert {r.verdict for r in records} <= {"pass", "undefined"}
    assert len(workers) > 1
    (line,) = told["lines"]
    assert line.startswith("leaky: its worker was replaced ")
    assert " GiB during matmul: " in line


def test_a_run_without_a_usable_target_ends(tmp_path, monkeypatch):
    source = (
        "from planted import Honest\nclass Broken(Honest):\n    name = 'broken'\n    modes = ('eager',)\nraise OSError"
    )
    (tmp_path / "cannot_start.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    request = Request(targets=["broken"], adapters=["cannot_start:Broken"], ops=["matmul"], aspects=["value"])
    campaign = Campaign(request)
    with campaign.engine() as engine:
        check_devices(engine)
        assert list(engine.run(campaign.shards)) == []
        assert [lane.usable for lane in engine.lanes.values()] == [False]


def test_a_killed_worker_costs_no_record():
    campaign = campaign_of("Slow", "slow", ["matmul"])
    killed = []

    def kill_once(engine, records):
        if len(records) >= 5 and not killed:
            (lane,) = engine.lanes.values()
            killed.append(lane.process.pid)
            os.kill(lane.process.pid, signal.SIGKILL)

    records = records_of(campaign, kill_once)
    assert killed
    assert_complete(campaign, records)
    assert [r.verdict for r in records if "not reproduced: the worker ended: SIGKILL" in r.message] == ["pass"]
    assert {r.verdict for r in records} <= {"pass", "undefined"}
