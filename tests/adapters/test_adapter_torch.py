"""What the torch adapter does beyond the common contract; torch runs in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "OPASSAY_THREADS": "1"}
    command = [sys.executable, str(HERE / "torch_script.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


@pytest.mark.parametrize("kind", ["contiguous", "transposed", "sliced", "offset", "broadcast", "channels_last"])
def test_strides_and_misalignment_reach_torch(answers: dict[str, Any], kind: str) -> None:
    given, received, aligned_alike = answers["strides"][kind]
    assert received == given
    assert aligned_alike


def test_negative_strides_arrive_row_major_since_torch_has_none(answers: dict[str, Any]) -> None:
    given, received, _ = answers["strides"]["reversed"]
    assert min(given) < 0
    assert received == [60, 20, 5, 1]


def test_padding_never_wins_a_pool_whichever_way_it_is_computed(answers: dict[str, Any]) -> None:
    assert answers["pools"]["wrong"] == []
    assert min(answers["pools"]["ways"].values()) >= 50


def test_vjp_works_inside_a_compiled_function(answers: dict[str, Any]) -> None:
    assert answers["vjp"] == [[1, 2], [1, 2], [4, 6], [3, 4], "Unconnected"]


def test_every_gradient_of_a_batch_is_compiled(answers: dict[str, Any]) -> None:
    two, four = answers["programs"]
    assert two > 0
    assert four == 2 * two


def test_attention_is_by_the_backend_that_is_asked_for_and_by_no_other(answers: dict[str, Any]) -> None:
    found = answers["attention"]
    assert "FlashAttention" in found["FLASH_ATTENTION"]
    assert "Attention" not in found["MATH"]
    assert found["EFFICIENT_ATTENTION"] == "EFFICIENT_ATTENTION does not take this attention"


@pytest.mark.parametrize(
    ("asked", "told"), [("MATH", "ATen, attention by MATH"), ("FLASH", "knows MATH, FLASH_ATTENTION")]
)
def test_a_target_names_the_backend_of_attention(asked: str, told: str) -> None:
    code = "from opassay.adapters.torch.adapter import TorchAdapter; print(TorchAdapter().executor())"
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "OPASSAY_ATTENTION": asked}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=600)
    assert told in done.stdout + done.stderr
