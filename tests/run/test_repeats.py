"""--repeat: answers that differ in one process, or from one process to the next, are nondeterministic."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.judge.verdict import judge
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.outcome import NotSupported, Raised, Returned
from opassay.harness.plan import plan
from opassay.harness.plan.plan import Settings
from opassay.harness.plan.twice import TWICE
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.run import Run
from opassay.harness.worker import wire
from opassay.harness.worker.bits import difference, digest


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH")))))


def records_of(folder, adapter, name, repeat=True, cases=12, seed=0):
    settings = Settings(cases=cases, repeat=repeat, seed=seed)
    request = Request(targets=[name], adapters=[adapter], ops=["matmul"], aspects=["value"], settings=settings)
    campaign = Campaign(request)
    run = Run(campaign, folder)
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(run.execute(engine))
    assert len(records) == sum(shard.planned(settings.fills) for shard in campaign.shards)
    assert len({(r.number, r.case_id) for r in records}) == len(records)
    return records


class Most(Counter):
    """Remembers the largest count of each key."""

    def __init__(self):
        super().__init__()
        self.most = {}

    def __setitem__(self, key, count):
        self.most[key] = max(count, self.most.get(key, 0))
        super().__setitem__(key, count)


def test_answers_of_what_is_asked_twice_are_counted(tmp_path):
    settings = Settings(cases=1)
    campaign = Campaign(Request(["honest"], ["matmul"], ["value"], adapters=["planted:Honest"], settings=settings))
    with campaign.engine() as engine:
        check_devices(engine)
        engine.held = held = Most()
        records = list(Run(campaign, tmp_path).execute(engine))
    pins = sum(record.number < 0 for record in records)
    assert (held.most, dict(held)) == ({"honest": 2 * pins}, {})
    assert pins


def nondeterministic(records):
    return [r for r in records if r.verdict == "nondeterministic"]


def test_a_deterministic_adapter_passes_and_no_record_is_lost(tmp_path):
    assert {r.verdict for r in records_of(tmp_path, "planted:Honest", "honest")} <= {"pass", "undefined"}


@pytest.mark.parametrize(("cls", "name"), [("Random", "random"), ("RandomFused", "random_fused")])
def test_random_bits_are_found_in_one_process(cls, name, tmp_path):
    found = nondeterministic(records_of(tmp_path, f"planted_repeats:{cls}", name))
    assert found
    assert {r.dtype for r in found} == {"float64;float64"}
    assert any("the same call twice in one process: output 0 has other bits in " in r.message for r in found)


@pytest.mark.parametrize(("cls", "name"), [("Random", "random"), ("RandomFused", "random_fused")])
def test_a_run_asks_some_geometries_twice_and_finds_a_last_bit_that_varies(cls, name, tmp_path):
    found = nondeterministic(records_of(tmp_path, f"planted_repeats:{cls}", name, repeat=False, cases=64, seed=3))
    assert {r.number for r in found} & {item.number for item in asked_twice("matmul", 64, seed=3)}
    assert {r.dtype for r in found} == {"float64;float64"}


def asked_twice(op, stop, start=0, seed=0):
    """One case of each geometry that is asked twice."""
    batches = [plan.make_batch(Registry().op(op), "value", *cut, Settings(seed=seed)) for cut in plan.cuts(start, stop)]
    return {item.number: item for batch in batches for item in batch.items if item.twice and item.number >= 0}.values()


@pytest.mark.parametrize("op", ["matmul", "scatter_nd", "bitwise_and", "relu"])
def test_one_geometry_in_twenty_is_asked_twice_and_every_pin(op):
    assert len(asked_twice(op, min(plan.FEWEST.values()))) == 1
    assert len(asked_twice(op, 100)) == 100 // TWICE
    assert len(asked_twice(op, 100, plan.SPLIT)) == (100 - plan.SPLIT) // TWICE
    assert all(item.twice for item in plan.make_batch(Registry().op(op), "value", 0, 0, Settings()).items)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_asked_twice_is_in_turn_of_each_format_of_floats(seed):
    asked = [item.case.tensors[0].dtype for item in asked_twice("matmul", 80, seed=seed)]
    assert asked == ["float64", "float32", "float16", "bfloat16"]


def test_what_depends_on_the_process_is_found_by_a_fresh_one(tmp_path):
    found = nondeterministic(records_of(tmp_path, "planted_repeats:ByProcess", "by_process"))
    assert found
    assert {r.dtype for r in found} == {"int32;int32"}
    assert all("in a fresh process: other bits" in r.message for r in found)


def test_memory_that_nobody_wrote_to_is_found(tmp_path):
    found = nondeterministic(records_of(tmp_path, "planted_repeats:Uninitialised", "uninitialised"))
    assert found
    assert {r.dtype for r in found} == {"float32;float32"}


@pytest.mark.parametrize(("cases", "of_pins"), [(12, {True}), (None, set())])
def test_pins_repeat_in_a_run_of_a_stated_size_and_other_cases_only_where_asked(cases, of_pins, tmp_path):
    found = nondeterministic(records_of(tmp_path, "planted_repeats:ByProcess", "by_process", False, cases))
    assert {r.number < 0 for r in found} == of_pins


def test_bits():
    one, nan = np.array([1.0, 0.0], np.float32), np.array([np.nan, -0.0], np.float32)
    assert difference(Returned((one, None)), Returned((one.copy(), None))) == ""
    assert difference(Returned((nan,)), Returned((nan.copy(),))) == ""
    assert difference(Returned((one,)), Returned((one * [1, -1],))) == "output 0 has other bits"
    assert difference(Returned((one,)), Returned((-one,))) == "output 0 has other bits in 2 of 2 elements"
    assert difference(Returned((one,)), Returned(())) == "1 outputs, then 0"
    assert difference(Returned((one,)), Returned((None,))) == "output 0 has other bits"
    told = [Returned((one,)), Returned((-one,)), Returned((one[None],)), Raised("E", "m"), NotSupported("no")]
    assert len({digest(outcome) for outcome in told}) == len(told)
    assert digest(Raised("E", "at 0x1")) == digest(Raised("E", "at 0x2"))


def test_an_unsteady_answer_travels_and_is_nondeterministic():
    header, buffers = wire.pack(Returned((np.ones(2, np.float32),), unsteady="other bits"))
    back = wire.unpack(header, [b.tobytes() for b in buffers])
    found = judge(Case("relu", (Tensor((2,), "float32"),)), back, (), ())
    assert (found.verdict, found.message) == ("nondeterministic", "the same call twice in one process: other bits")
