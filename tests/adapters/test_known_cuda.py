"""What is foretold of NVIDIA's GPUs, put to what one answered: machines that run these tests have none.

``seen_on_cuda.json`` holds cases with the verdicts that torch 2.11.0+cu130 and jax 0.11.2 came to on an H200.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opassay.adapters.cuda import beyond_tf32, tf32_rules
from opassay.adapters.torch.limits import limit
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.numeric_model import find_model
from opassay.harness.model.op import references

SEEN = json.loads((Path(__file__).parent / "seen_on_cuda.json").read_text(encoding="utf-8"))
REGISTRY = Registry()
KNOWN = {known.id: known for adapter in ("jax", "torch") for known in REGISTRY.known(adapter)}
ON_GPU = {"device": "cuda", "instructions": "", "parallel": "no", "jax_default_matmul_precision": "None"}


@dataclass(frozen=True)
class Seen:
    known: str
    verdict: str
    case: Case


RECORDED = [Seen(entry["known"], entry["verdict"], Case.from_json(entry["case"])) for entry in SEEN]


@pytest.mark.parametrize("seen", RECORDED, ids=lambda seen: f"{seen.known}-{seen.case.id}-{seen.verdict}")
def test_what_a_gpu_answered_is_foretold(seen: Seen) -> None:
    assert foretold(KNOWN[seen.known], seen.case) == (seen.verdict != "pass")


def foretold(known: Fact, case: Case) -> bool:
    """Of a mistake: whether it would answer the case otherwise. No answer of a GPU was kept."""
    if not known.reproduces:
        return known.covers(case)
    op = REGISTRY.op(case.op)
    truth = tuple(references(op, case))
    (mistake,) = (found for found in op.hypotheses if found.name == known.reproduces)
    question = Question(case.op, case.attributes, case.inputs(), case.cotangent_values(), truth)
    return any(not np.array_equal(made.exact, truth[0].exact, equal_nan=True) for made, *_ in mistake.answers(question))


def test_each_exact_entry_was_seen_to_fail_and_to_pass() -> None:
    exact = {known.id for known in KNOWN.values() if "-cuda-" in known.id and not known.flaky}
    assert {seen.known for seen in RECORDED if seen.verdict != "pass"} >= exact - PINNED_ONLY
    assert {seen.known for seen in RECORDED if seen.verdict == "pass"} >= exact - ALWAYS


PINNED_ONLY = {"torch-cuda-misaligned"}
"""Met in programs alone, and then by its pins."""

ALWAYS = {"torch-cuda-index"}
"""Every case of their rule fails."""


@pytest.mark.parametrize("known", [k for k in KNOWN.values() if "-cuda-" in k.id], ids=lambda known: known.id)
def test_an_entry_of_gpus_is_no_concern_of_a_processor(known: Any) -> None:
    assert known.on({**ON_GPU, "device": "cpu"}) is None
    assert known.on({**ON_GPU, "cudnn.allow_tf32": "True"}) is not None


@pytest.mark.parametrize("name", ["torch-bfloat16-flush", "torch-window-of-padding", "jax-xla-flush"])
def test_an_entry_of_processors_is_no_concern_of_a_gpu(name: str) -> None:
    assert KNOWN[name].on(ON_GPU) is None
    assert KNOWN[name].on({"device": "cpu", "instructions": "avx512_bf16"}) is not None


def _literal(value: float, dtype: str = "float32") -> Case:
    one = Tensor((1, 1), dtype, Fill("literal", values=(value,)))
    return Case("matmul", (one, Tensor((1, 1), dtype, Fill("ones"))), {})


def test_the_largest_number_that_tf32_holds() -> None:
    largest = float(np.float32((2.0 - 2.0**-10) * 2.0**127))
    assert not beyond_tf32(_literal(largest))
    assert not beyond_tf32(_literal(float(np.nextafter(np.float32((2.0 - 2.0**-11) * 2.0**127), np.float32(0)))))
    assert beyond_tf32(_literal((2.0 - 2.0**-11) * 2.0**127))
    assert beyond_tf32(_literal(-float(np.finfo(np.float32).max)))
    assert not beyond_tf32(_literal(float("inf")))
    assert not beyond_tf32(_literal(1e300, "float64"))


def test_tf32_is_of_float32_in_what_the_switches_say() -> None:
    both, products = tf32_rules(True, True), tf32_rules(False, True)
    assert find_model(both, "conv2d", "dw", "float32").inputs == "tf32"
    assert find_model(products, "conv2d", "dw", "float32").inputs == ""
    assert find_model(products, "matmul", "y", "float32").inputs == "tf32"
    assert find_model(both, "matmul", "y", "float64").inputs == find_model(both, "relu", "y", "float32").inputs == ""


@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose", "matmul", "max_pool2d", "avg_pool2d"])
def test_cuda_has_no_kernels_for_integers(op: str) -> None:
    assert "int64" in (limit("cuda", op, "eager", "int64", {}) or "")
    assert limit("cpu", op, "eager", "int64", {}) is None
    assert limit("cuda", op, "eager", "float16", {}) is None
    assert limit("npu", op, "eager", "int64", {}) is None, "nobody measured it there"
