"""What a call does to its inputs: the caller's buffers must be what they were."""

import os
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.model.adapter import Adapter
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.worker.inputs import Inputs


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH")))))


def records_of(cls, name, aspect, module="planted_inputs", op="relu"):
    request = Request(
        targets=[name], adapters=[f"{module}:{cls}"], ops=[op], aspects=[aspect], settings=Settings(cases=20)
    )
    campaign = Campaign(request)
    with campaign.engine() as engine:
        check_devices(engine)
        return list(engine.run(campaign.shards))


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        ("InPlace", "in_place"),
        ("InPlaceFused", "in_place_fused"),
        ("IntoCallers", "into_callers"),
        ("Behind", "behind"),
    ],
)
def test_an_op_that_writes_to_its_input_is_found_though_it_answers_rightly(cls, name):
    records = records_of(cls, name, "value")
    found = [r for r in records if r.verdict == "structural"]
    assert found
    assert {r.verdict for r in records} == {"structural", "pass"}
    assert all(r.message.startswith("the call changed its input 0 in ") for r in found)
    assert {r.dtype for r in found} == {"float32", "float64"}
    assert {r.confirmed for r in found} == {"yes"}


def test_a_gradient_that_writes_to_its_cotangent_is_found():
    records = records_of("Cotangents", "cotangents", "gradient")
    changed = [r for r in records if r.message.startswith("the call changed its input 1 in ")]
    assert changed
    assert {(r.verdict, r.dtype) for r in changed} == {("structural", "float32;float32")}


def test_an_input_that_comes_back_in_another_dtype_is_a_fault_of_the_adapter():
    records = records_of("AsIntegers", "as_integers", "value", op="logical_not")
    told = {(r.verdict, r.message.partition("TypeError: ")[2]) for r in records}
    assert told == {("fault", "to_numpy gave int32 of what to_native was given as bool")}


def test_an_adapter_that_keeps_its_inputs_passes():
    records = records_of("Honest", "honest", "value", "planted", "matmul")
    assert {r.verdict for r in records} <= {"pass", "undefined"}


class Plain(Adapter):
    name = "plain"
    modes = ("eager",)

    def devices(self):
        return ("cpu",)

    def to_native(self, array):
        return array.copy()

    def to_numpy(self, value):
        return value


def test_each_case_of_a_program_is_asked_about_its_own_inputs():
    arrays = [np.ones(2), np.ones((2, 3)), np.ones(4)]
    inputs = Inputs(Plain(), arrays, "eager")
    inputs.given[1][1, 2] = np.nan
    assert inputs.changed(0, 1) == ""
    assert inputs.changed(1, 3) == "the call changed its input 0 in 1 of 6 elements"
    assert inputs.changed(2, 3) == ""
    assert inputs.changed() == "the call changed its input 1 in 1 of 6 elements"


def test_bits_count_not_values():
    array = np.array([0.0, np.nan], dtype=np.float32)
    inputs = Inputs(Plain(), [array], "eager")
    assert inputs.changed() == ""
    inputs.given[0][0] = -0.0
    assert inputs.changed() == "the call changed its input 0 in 1 of 2 elements"


def test_an_input_in_any_memory_is_compared_row_by_row():
    array = np.arange(12.0).reshape(3, 4).T[::-1]
    inputs = Inputs(Plain(), [array], "eager")
    assert inputs.changed() == ""
    array[0, 1] = -1
    assert inputs.changed() == "the call changed its input 0 in 1 of 12 elements"
