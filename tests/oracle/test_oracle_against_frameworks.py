"""The oracle against answers it did not compute: TensorFlow's and torch's, each from a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opassay.adapters import oracle

SCRIPT = Path(__file__).with_name("framework_vectors.py")
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"}
OPS = {
    "tensorflow": (
        "conv2d", "conv2d_transpose", "max_pool2d", "max_pool2d_with_argmax", "avg_pool2d", "scatter_nd"
    ),
    "torch": ("conv2d", "conv2d_transpose", "max_pool2d_with_argmax", "avg_pool2d", "max_unpool2d", "matmul"),
}  # fmt: skip
GRADIENTS = {
    "tensorflow": ("conv2d", "max_pool2d", "avg_pool2d"), "torch": ("conv2d", "max_pool2d", "avg_pool2d", "matmul")
}  # fmt: skip


@cache
def vectors(framework: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(SCRIPT), framework]
    result = subprocess.run(command, env=os.environ | QUIET, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    answers: list[dict[str, Any]] = json.loads(result.stdout.splitlines()[-1])
    return answers


def decode(array: dict[str, Any]) -> np.ndarray:
    return np.array(array["values"], array["dtype"]).reshape(array["shape"])


@pytest.mark.parametrize(("framework", "op"), [(f, op) for f, ops in OPS.items() for op in ops])
@pytest.mark.share(2)
def test_the_oracle_agrees_with_the_framework_on_every_geometry(framework, op):
    chosen = [v for v in vectors(framework) if v["op"] == op]
    for vector in chosen:
        answer = getattr(oracle, op)(*map(decode, vector["inputs"]), **vector["attributes"])
        expected = [decode(v) for v in vector["outputs"]]
        # Every sum is exact in float32; an average's division is rounded, perhaps by a rounded reciprocal.
        slack = 2.0**-22 if op == "avg_pool2d" else 0.0
        for ours, theirs in zip(answer if isinstance(answer, tuple) else (answer,), expected, strict=True):
            assert ours.shape == theirs.shape, vector["attributes"]
            assert np.all(np.abs(ours - theirs) <= slack * np.abs(ours)), vector["attributes"]
    assert len(chosen) >= 15


@pytest.mark.parametrize(("framework", "op"), [(f, op) for f, ops in GRADIENTS.items() for op in ops])
def test_the_oracles_gradients_are_the_frameworks_on_every_geometry(framework, op):
    chosen = [v for v in vectors(framework) if v["op"] == f"{op}_vjp"]
    for vector in chosen:
        *inputs, dy = map(decode, vector["inputs"])
        found = oracle.OPS[op].vjp(vector["attributes"], inputs, (dy,))
        # An average's coefficients and products are rounded, and so are the sums over up to 4x4 windows.
        slack = 20 * 2.0**-24 if op == "avg_pool2d" else 0.0
        for ours, theirs in zip(found, map(decode, vector["outputs"]), strict=True):
            assert ours.exact.shape == theirs.shape, vector["attributes"]
            assert np.all(np.abs(ours.exact - theirs) <= slack * ours.magnitude), vector["attributes"]
    assert len(chosen) >= 15


def test_the_geometries_include_strided_same_convolutions_and_their_transposes():
    seen = Counter(
        v["op"]
        for v in vectors("tensorflow")
        if v["attributes"].get("padding") == "SAME" and max(v["attributes"]["stride"]) > 1
    )
    assert min(seen["conv2d"], seen["conv2d_transpose"], seen["avg_pool2d"]) >= 5
