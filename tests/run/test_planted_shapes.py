"""The aspect shape: contract, execution and inference, and which of them is wrong."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.judge.facts import applies
from opassay.harness.judge.shapes import judge_shapes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.outcome import Inference, Returned
from opassay.harness.model.reference import Reference
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.worker import wire

INFERENCE = "inference disagrees with execution and contract"
BUGS = {
    "InfersShapeWrongly": ("infers_shape_wrongly", "shape", INFERENCE),
    "InfersFused": ("infers_fused", "shape", INFERENCE),
    "InfersDtypeWrongly": ("infers_dtype_wrongly", "dtype", INFERENCE),
    "InfersTooMuch": ("infers_too_much", "shape", "execution gave 1 outputs, inference 2"),
    "RefusesToInfer": ("refuses_to_infer", "rejects", "refuses what execution accepts: JSONDecodeError"),
    "BothWrong": ("both_wrong", "shape", "execution and inference disagree with the contract"),
    "ExecutionWrong": ("execution_wrong", "shape", "execution disagrees with contract and inference"),
    "AllDiffer": ("all_differ", "shape", "contract, execution and inference all disagree"),
}
"""Class: the adapter's name, the verdict, what the message says."""


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    # The worker finds the module that it was asked for, but not the one beside it.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH")))))


def records_of(cls, name, ops=("matmul",)):
    settings = Settings(cases=20)
    adapters = [f"planted_shapes:{cls}"] if cls != "Honest" else ["planted:Honest"]
    campaign = Campaign(Request(targets=[name], adapters=adapters, ops=list(ops), aspects=["shape"], settings=settings))
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
    assert len(records) == sum(shard.planned(settings.fills) for shard in campaign.shards) == 20 * len(ops)
    return records


def test_an_adapter_that_infers_rightly_passes():
    ops = ("conv2d", "conv2d_transpose", "max_pool2d_with_argmax", "avg_pool2d", "scatter_nd", "max_unpool2d")
    records = records_of("Infers", "infers", ("matmul", *ops))
    assert {r.verdict for r in records} == {"pass"}
    assert {r.message for r in records} == {""}
    assert len({r.op for r in records if "0" in r.shapes.replace(";", "x").split("x")}) == 7


@pytest.mark.parametrize("cls", BUGS)
def test_a_planted_bug_is_found_and_the_message_says_who_differs(cls):
    name, verdict, words = BUGS[cls]
    records = records_of(cls, name)
    found = [r for r in records if r.verdict == verdict]
    assert found, Counter(r.verdict for r in records)
    assert {r.verdict for r in records} <= {"pass", verdict}
    assert all(words in r.message for r in found)
    assert {r.confirmed for r in found} == {"yes"}


def test_without_abstract_evaluation_there_is_no_answer():
    assert {(r.verdict, r.message) for r in records_of("Honest", "honest")} == {
        ("unsupported", "honest has no abstract evaluation")
    }


def test_an_adapter_may_not_refuse_on_the_frameworks_behalf():
    told = {(r.verdict, r.message.partition(":")[0]) for r in records_of("ValidatesItself", "validates_itself")}
    assert told == {("pass", ""), ("fault", "raised by the adapter")}


def test_what_inference_leaves_unknown_is_said():
    records = records_of("InfersVaguely", "infers_vaguely")
    assert {r.verdict for r in records} == {"pass"}
    messages = {r.message.partition("[")[2] for r in records}
    assert messages == {"...]", "?, ?, ?]", "?, ?, ?, ?]"}


def judged(inference, shape=(2, 3), dtype="float32"):
    arrays = (np.zeros(shape, dtype),)
    reference = Reference("y", "float32", np.zeros((2, 3)))
    return judge_shapes(Returned(arrays, inference=inference), (reference,))


@pytest.mark.parametrize(
    ("inferred", "verdict"),
    [
        (((2, 3), "float32"), "pass"),
        (((None, 3), "float32"), "pass"),
        ((None, "float32"), "pass"),
        (((None, 4), "float32"), "shape"),
        (((None, None, None), "float32"), "shape"),
        (((2, 3), "float64"), "dtype"),
        ((None, "float64"), "dtype"),
        (((3, 2), "float64"), "shape"),
        (None, "shape"),
    ],
)
def test_an_unknown_extent_agrees_with_any_and_nothing_else_does(inferred, verdict):
    assert judged(Inference((inferred,))).verdict == verdict


def test_an_unknown_extent_hides_no_disagreement_of_the_others():
    found = judged(Inference((((None, 3), "float32"),)), shape=(5, 3))
    assert (found.verdict, found.message.split(": ")[1]) == (
        "shape",
        "execution disagrees with the contract, and inference leaves open which is right",
    )


def test_an_answer_without_inference_is_a_fault():
    assert judged(None).verdict == "fault"


def test_inference_travels_over_the_wire():
    told = Inference((((1, None, 3), "bfloat16"), (None, "int64"), None), "TypeError: no")
    header, buffers = wire.pack(Returned((np.ones(2, np.float32),), inference=told))
    back = wire.unpack(header, [b.tobytes() for b in buffers])
    assert isinstance(back, Returned)
    assert back.inference == told


def test_a_difference_of_execution_is_known_for_the_aspect_shape_too():
    case = Case("relu", (Tensor((0,), "float32"),))
    shape = Case("relu", (Tensor((0,), "float32"),), aspect="shape")
    more = {"owner": "upstream", "reason": "r", "versions": "1", "ops": ("relu",)}
    told = {
        v: Fact("id", verdicts=(v,), when=lambda c: True, **more) for v in ("rejects", "crash", "special", "structural")
    }
    assert {v for v, known in told.items() if applies(known, case, "eager")} == set(told)
    assert {v for v, known in told.items() if applies(known, shape, "eager")} == {"rejects", "crash"}
