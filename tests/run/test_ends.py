"""What the end of a worker means that no case repeats alone: a batch's fault, chance, or too often to be chance."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))


def run(target, adapter, op="matmul", aspect="value", cases=12):
    request = Request([target], [op], [aspect], [adapter], settings=Settings(cases=cases))
    campaign = Campaign(request)
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
    assert len(records) == sum(shard.planned(2) for shard in campaign.shards)
    assert len({(r.number, r.case_id) for r in records}) == len(records)
    return records, engine.ends.lines


@pytest.fixture
def marks(tmp_path, monkeypatch):
    monkeypatch.setenv("OPASSAY_TEST_MARKS", str(tmp_path))


@pytest.mark.parametrize(("mode", "ends"), [("SIGKILL", 1), ("SIGSEGV", 1), ("SIGKILL_twice", 2)])
def test_an_end_that_does_not_repeat_is_told_and_not_red(marks, mode, ends):
    records, lines = run(f"ending:{mode}", "ending:Ending")
    assert {r.verdict for r in records} == {"pass"}
    told = [r.message for r in records if r.message]
    assert len(told) == len(lines) == ends
    signal = mode.partition("_")[0]
    assert all(f"not reproduced: the worker ended: {signal}" in text for text in (*told, *lines))
    assert all("GiB free, load" in text for text in lines)


def test_the_third_end_of_a_target_is_red(marks):
    records, lines = run("ending:SIGKILL_thrice", "ending:Ending")
    (red,) = [r for r in records if r.verdict != "pass"]
    assert (red.verdict, red.error_type, red.confirmed) == ("crash", "SIGKILL", "no")
    assert "3 workers of this target ended so in one run" in red.message
    assert len(lines) == 2


def test_what_a_batch_does_to_a_worker_is_red_as_the_batchs():
    records, lines = run("faulty:damages", "faulty:Faulty")
    red = [r for r in records if r.verdict != "pass"]
    assert red
    assert lines == []
    assert {(r.verdict, r.error_type, r.confirmed) for r in red} == {("crash", "SIGABRT", "no")}
    assert all("again in a fresh worker that was given the same" in r.message for r in red)


def test_a_rule_that_damages_a_worker_is_found_by_the_first_case_that_it_strikes():
    records, _ = run("writes_outside", "ending:WritesOutside", "scatter_nd", "error", 21)
    rules = Counter((json.loads(r.attrs)["rule"], r.verdict) for r in records)
    assert rules["IndexOutOfRange", "accepts"] == 3
    struck = [r for r in records if r.verdict == "crash" and r.confirmed == "no"]
    assert len(struck) == 1, "what is known to write costs no other case its verdict"
    assert "invalid input was accepted of IndexOutOfRange" in struck[0].message
