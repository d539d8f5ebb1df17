"""A target names the implementation of attention; what is named is called, and nothing else answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.judge.compare import compare
from opassay.harness.model.numeric_model import NumericModel

HERE = Path(__file__).resolve().parent
X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(1, 2, 3, 4)


def asked(framework: str, name: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "OPASSAY_ATTENTION": name}
    command = [sys.executable, str(HERE / "attention_script.py"), framework]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


def told(framework: str, name: str) -> dict[str, Any]:
    done = asked(framework, name)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("framework", "name", "seen"),
    [
        ("jax", "", None),
        ("jax", "xla", "xla"),
        ("keras", "", None),
        ("keras", "plain", False),
        ("onnx", "", True),
        ("onnx", "Attention", True),
        ("onnx", "composed", False),
    ],
)
def test_what_is_named_is_called_and_told_and_answers(framework: str, name: str, seen: Any) -> None:
    found = told(framework, name)
    assert found["seen"] == [seen]
    assert ("attention by" in found["executor"]) == bool(name)
    assert found["executor"].endswith(name)
    (reference,) = Registry().op("attention").reference({"scale": False, "causal": False}, (X, X, X))
    answer = np.asarray(found["answer"], np.float32)
    assert compare(answer, reference, NumericModel("float32"), exact_fill=False).verdict == "pass"


@pytest.mark.parametrize(
    ("framework", "name", "reason"),
    [
        ("jax", "cudnn", "cudnn takes attention on a GPU only"),
        ("keras", "flash", "Keras has no flash attention on the CPU"),
    ],
)
def test_what_does_not_take_it_is_unsupported_and_nobody_answers(framework: str, name: str, reason: str) -> None:
    found = told(framework, name)
    assert (found["seen"], found["answer"], found["reason"]) == ([], None, reason)


@pytest.mark.parametrize(
    ("framework", "known"), [("jax", "knows xla, cudnn"), ("keras", "flash, plain"), ("onnx", "Attention, composed")]
)
def test_a_name_that_the_framework_does_not_have_is_refused(framework: str, known: str) -> None:
    done = asked(framework, "FLASH_ATTENTION")
    assert done.returncode
    assert "OPASSAY_ATTENTION is 'FLASH_ATTENTION'" in done.stderr
    assert known in done.stderr
