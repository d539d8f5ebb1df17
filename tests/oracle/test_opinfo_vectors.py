"""Answers by torch's OpInfo: its samples, and references in NumPy and SciPy with which its own tests compare torch."""

from __future__ import annotations

import pickle
import runpy
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from opassay.harness.find.registry import Registry

HERE = Path(__file__).parent
helpers = SimpleNamespace(**runpy.run_path(str(HERE / "bounded_helpers.py")))

INEXACT = {
    "erfc": "SciPy's erfc loses digits where its square is rounded",
    "nn.functional.mish": "it is a tanh of log(1 + exp(x)), which rounds to 1",
}
"""References that err by more than the bound allows a framework, and why."""

AT_EXTREMES = {
    "digamma": "SciPy's psi loses digits beside its poles",
    "erfinv": "SciPy's erfinv of -0 is 0",
    "lgamma": "SciPy's gammaln loses digits beside 1 and 2",
    "nn.functional.selu": "it is exp(x) - 1 of what is small",
}
"""The same of what only ``reference_inputs`` hold."""


@cache
def written(folder: Path, *words: str) -> dict[str, Any]:
    path = folder / "vectors"
    command = [sys.executable, str(HERE / "opinfo_vectors.py"), str(path), *words]
    subprocess.run(command, check=True, timeout=900)
    return dict(pickle.loads(path.read_bytes()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("opinfo")


def judged(vectors: list[Any]) -> Counter[tuple[str, str]]:
    """How many samples of each entry have which verdict."""
    registry = Registry()
    ops = {name: registry.op(name) for name in {vector[1] for vector in vectors}}
    found: Counter[tuple[str, str]] = Counter()
    for entry, op, attributes, inputs, answer in vectors:
        (reference,) = ops[op].reference(attributes, inputs)
        found[entry, helpers.judged(answer, reference).verdict] += 1
    return found


def disagreeing(found: Counter[tuple[str, str]]) -> dict[str, str]:
    return {entry: verdict for entry, verdict in found if verdict not in ("pass", "undefined")}


def test_samples_agree_but_for_references_that_err(folder: Path) -> None:
    told = written(folder)
    found = judged(told["vectors"])
    assert disagreeing(found) == dict.fromkeys(INEXACT, "numeric")
    assert len({entry for entry, verdict in found if verdict == "pass"}) >= 100
    assert sum(n for (_, verdict), n in found.items() if verdict == "pass") >= 590


def test_an_answer_of_another_sample_is_told(folder: Path) -> None:
    several = (vector for vector in written(folder)["vectors"] if vector[0] == "sum" and vector[4].size > 1)
    entry, op, attributes, inputs, answer = next(several)
    assert disagreeing(judged([(entry, op, attributes, inputs, answer + 1)]))


@pytest.mark.whole
def test_reference_inputs_agree_but_for_references_that_err(folder: Path) -> None:
    found = judged(written(folder, "whole")["vectors"])
    assert set(disagreeing(found)) == {*INEXACT, *AT_EXTREMES}
    assert sum(n for (_, verdict), n in found.items() if verdict == "pass") >= 4800
