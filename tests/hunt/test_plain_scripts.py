"""A script of an adapter that has written none stands alone: from expressions, and a few words of its framework."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, script_text
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.outcome import Returned

ADAPTER = """
from opassay import Adapter


class Worded(Adapter):
    name = "worded"
    modes = ("eager",)
"""
EXPRESSIONS = """
EXPRESSIONS = {"relu": "np.where(x > 0, x, 0 * x.dtype.type(1))"}
SCRIPT = {
    "imports": "",
    "version": "np.__version__",
    "native": "np.array({})",
    "numpy": "answer",
    "dtype": "answer.dtype.name",
}
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    (tmp_path / "worded").mkdir()
    for name, text in (("__init__", ""), ("adapter", ADAPTER), ("expressions", EXPRESSIONS)):
        (tmp_path / "worded" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return Registry(["worded.adapter:Worded"])


def case(op: str, dtype: str = "float32", aspect: str = "value", **attributes: float) -> Case:
    x = Tensor((2,), dtype, Fill("literal", values=(float("nan"), -1.0)))
    return Case(op, (x,), attributes, aspect, cotangents=(x,) if aspect == "gradient" else ())


def script(registry: Registry, asked: Case) -> tuple[str, bool]:
    seen = Seen("special", "", Returned((np.zeros(2, np.float32),)), "eager")
    return script_text("worded", asked, registry.op(asked.op), seen, registry)


def test_a_script_from_expressions_shows_the_difference_without_opassay(registry: Registry, tmp_path: Path) -> None:
    text, alone = script(registry, case("relu"))
    assert alone
    assert "opassay" not in text.replace("# Found by opassay", "")
    (tmp_path / "repro.py").write_text(text)
    done = subprocess.run([sys.executable, "-I", "repro.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "expected y:\n[nan  0.]\nactual y:\n[0. 0.]" in done.stdout


@pytest.mark.parametrize(
    "asked", [case("abs"), case("relu", "bfloat16"), case("relu", aspect="gradient")], ids=["op", "dtype", "gradient"]
)
def test_what_the_words_do_not_say_goes_through_replay(registry: Registry, asked: Case) -> None:
    assert not script(registry, asked)[1]
