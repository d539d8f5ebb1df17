"""Suites: the same cases for ever, refused where they are not those, and judged by their own ops in mixed batches."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.case import Case
from opassay.harness.model.suite import Suite
from opassay.harness.plan.choose import candidates, choose
from opassay.harness.plan.generate import cases
from opassay.harness.plan.plan import Settings, aspects
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.feeds import joined
from opassay.harness.store.suite import read_suite, shipped, write_suite

OPS = ("relu", "matmul", "avg_pool2d")


@pytest.fixture
def suite():
    drawn = [case for name in OPS for _, case in cases(Registry().op(name), "value", 0, 0, 24, 1)]
    return Suite("small", tuple(drawn))


def test_a_suite_is_what_was_written(suite, tmp_path):
    write_suite(tmp_path / "small.jsonl", suite)
    again = read_suite(tmp_path / "small.jsonl")
    assert again == suite
    assert [case.dumps() for case in again.cases] == [case.dumps() for case in suite.cases]
    assert [a.tobytes() for a in again.cases[3].inputs()] == [a.tobytes() for a in suite.cases[3].inputs()]


def _header(**changes):
    return lambda lines: [json.dumps(json.loads(lines[0]) | changes), *lines[1:]]


SPOILT = {
    "cut or was added to": lambda lines: lines[:-1],
    "it was changed": lambda lines: [*lines[:-1], lines[-1].replace('"op":"avg_pool2d"', '"op":"max_pool2d"')],
    "of version 2, and this opassay reads version 1": _header(opassay_suite=2),
    "in its first line": lambda lines: lines[1:],
    r"line 3: case \w+ is there twice": lambda lines: [*lines[:2], lines[1], *lines[3:]],
    "line 2: not a case": lambda lines: [lines[0], "[]", *lines[2:]],
}


@pytest.mark.parametrize("says", SPOILT)
def test_what_is_not_the_suite_that_was_written_is_refused_in_one_line(suite, tmp_path, says):
    path = tmp_path / "small.jsonl"
    write_suite(path, suite)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(f"{line}\n" for line in SPOILT[says](lines)), encoding="utf-8")
    with pytest.raises(UsageError, match=says) as refused:
        read_suite(path)
    assert "\n" not in str(refused.value)


def test_ops_that_are_not_there_are_named():
    strange = Suite("later", (Case.from_json({"op": "conv9d", "tensors": [{"shape": [1], "dtype": "float32"}]}),))
    with pytest.raises(UsageError, match="ops that this opassay lacks: conv9d"):
        Campaign(Request(targets=["torch"], settings=Settings(suite=strange)))


def test_a_mixed_batch_is_judged_by_each_case_s_own_op(suite, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    request = Request(["refuses"], adapters=["planted:Rejects"], settings=Settings(suite=suite))
    campaign = Campaign(request)
    with campaign.engine() as engine:
        check_devices(engine)
        (lane,) = engine.lanes.values()
        (job,) = engine.feeds(campaign.shards).jobs(lane)
        records = list(engine.run(campaign.shards))
    assert {op.name for op in (job.op, *job.others)} == {"matmul", "avg_pool2d"}
    assert len(records) == sum(campaign.planned(shard) for shard in campaign.shards if shard.op.name != "relu")
    assert {r.op for r in records if r.verdict == "rejects"} == {"matmul"}
    assert {r.op for r in records if r.verdict == "pass"} >= {"avg_pool2d"}


def test_a_case_that_may_damage_its_worker_travels_alone(suite):
    from opassay.harness.plan.plan import Item
    from opassay.harness.run.job import Job
    from opassay.harness.run.kinds import Planned

    op, items = Registry().op("relu"), [Item(n, case) for n, case in enumerate(suite.cases)]
    jobs = [Job(op, items[:2], Planned()), Job(op, [items[2]], Planned(), spoils=True), Job(op, items[3:], Planned())]
    assert [(len(job.items), job.spoils) for job in joined(jobs)] == [(1, True), (len(items) - 1, False)]


def test_a_suite_needs_no_hypothesis(suite, tmp_path):
    write_suite(tmp_path / "small.jsonl", suite)
    blocked = "import sys; sys.modules['hypothesis'] = None; from opassay import main; main()"
    options = [
        "--adapter",
        "planted:Honest",
        "-t",
        "honest",
        "--suite",
        "small.jsonl",
        "--op",
        "matmul",
        "--findings",
        "0",
    ]
    command = [sys.executable, "-c", blocked, "run", *options, "--out", "out"]
    environment = {"PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[2]}", "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ran 24 of 24 planned" in done.stdout


def test_the_chosen_find_more_mistakes_than_as_many_of_the_stream():
    op, registry = Registry().op("avg_pool2d"), Registry()
    pool, _ = candidates(op, "value", registry.mistakes(op.name), 0, 1)
    best = choose(pool, (), 12)
    first = frozenset().union(*(c.finds for c in pool[:12]))
    assert len(best.cases) == 12
    assert len(best.found) > len(first)
    assert best.found == frozenset().union(*(c.finds for c in pool if set(c.cases) <= set(best.cases.values())))


SHIPPED = {
    "core-1": "9e1475296e28ef181ebe495213b5abb48f275a3b4d2a0661af7d4a7383e0270b",
    "core-2": "1dc7bcdc09fcb16dcd1d60beb7e271928bfaaaa2c20bf1e2d3e28b1865bebd51",
    "core-3": "2876aee42afcc9e1aa304284e6439094e693f04adf1575a8c3b5524c49850d89",
}


def test_every_shipped_suite_stays_what_it_is():
    assert {name: read_suite(name).hash for name in shipped()} == SHIPPED


LATER = {("matmul_widened", "gradient")}
"""What ops have had since the suites were frozen."""


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_suite_asks_every_aspect_of_what_there_is(name):
    suite, registry = read_suite(name), Registry()
    assert set(suite.ops) <= set(registry.names)
    assert len(suite.cases) >= 1_400
    there = {(case.op, case.aspect) for case in suite.cases}
    assert {(name, aspect) for name in suite.ops for aspect in aspects(registry.op(name))} - LATER <= there
    assert {t.memory.kind for case in suite.cases for t in case.all_tensors} >= {"sliced", "broadcast", "reversed"}
