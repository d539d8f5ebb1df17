"""``doctor --lacking`` tells which dtypes a framework refuses, from its answers alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from opassay.harness.doors.cli import app
from opassay.harness.doors.measured_lacking import ASKED, lines, small_cases
from opassay.harness.find.registry import Registry
from opassay.harness.model.dtypes import DTYPES
from opassay.harness.model.outcome import TimedOut
from opassay.harness.model.target import Target
from opassay.harness.run.engine import Engine
from opassay.harness.run.lane import Lane

ADAPTER = """
import os
import framework
import numpy as np
from opassay import Adapter


class Few(Adapter):
    name = "few"
    modes = ("plain", "other")
    frameworks = ("framework",)
    lacking = {"relu": "int64"}

    def devices(self): return ("cpu",)
    def version(self): return "1"
    def origin(self): return framework.__file__
    def to_native(self, array): return array.copy()
    def to_numpy(self, value): return np.array(value)
    def compile(self, fn, mode): return fn
    def relu(self, x): return framework.relu(x)
    def neg(self, x): return framework.neg(x)
    def abs(self, x): return [] + x
    def sign(self, x): return framework.sign(x)
"""
FRAMEWORK = """
import os
import numpy as np


def relu(x):
    if x.dtype.name in ("float16", "int8", "int64"):
        raise TypeError(f"no relu of {x.dtype}")
    if x.dtype == np.uint8:
        os.abort()
    return np.maximum(x, x.dtype.type(0)) if x.dtype.kind != "V" else x


def neg(x):
    if x.dtype.name in ("float16", "int8"):
        raise TypeError(f"no neg of {x.dtype}")
    return x


def sign(x):
    raise ValueError("no sign at all")
"""


def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], target: str, *ops: str):
    (tmp_path / "few.py").write_text(ADAPTER)
    (tmp_path / "framework.py").write_text(FRAMEWORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    named = [word for op in ops for word in ("--op", op)]
    status = app(["doctor", "--lacking", "--adapter", "few:Few", "-t", target, *named], standalone_mode=False)
    return status, [line.strip() for line in capsys.readouterr().out.splitlines()]


def test_refused_dtypes_are_lines_to_paste_and_what_is_declared_stands_in_none(tmp_path, monkeypatch, capsys):
    status, lines = told(tmp_path, monkeypatch, capsys, "few", "relu", "neg")
    assert status == 0
    assert lines[0] == "few: measured, as lines for the table `lacking` of its adapter"
    assert set(lines[1:-1]) == {
        '"relu": "float16 int8",',
        "# relu: ends its process (SIGABRT): uint8",
        '"neg": "float16 int8",',
    }
    assert lines[-1] == "# none of these answers in float16, int8: leave them out of `dtypes` if no op does"


def test_lines_of_a_mode_that_is_not_the_first_name_it(tmp_path, monkeypatch, capsys):
    assert '"other:neg": "float16 int8",' in told(tmp_path, monkeypatch, capsys, "few:other", "neg")[1]


def test_what_the_adapter_raises_is_no_lack_of_the_framework(tmp_path, monkeypatch, capsys):
    lines = told(tmp_path, monkeypatch, capsys, "few", "abs")[1]
    assert not any(line.startswith('"abs"') for line in lines)
    assert any(line.startswith("# abs: raised by the adapter") for line in lines)


def test_where_no_dtype_is_answered_the_framework_is_quoted(tmp_path, monkeypatch, capsys):
    lines = told(tmp_path, monkeypatch, capsys, "few", "sign")[1]
    assert lines[1].startswith("# sign answers in no dtype; of ")
    assert lines[1].endswith("it says: no sign at all")


def test_each_dtype_of_an_op_has_a_small_case() -> None:
    found = small_cases(Registry().op("equal"))
    assert {named[0] for named in found} == set(DTYPES)


def test_a_dtype_has_several_cases_with_different_attributes() -> None:
    """One may be refused for another reason than its dtype: an offset, a block of 1, an answer without elements."""
    cases = small_cases(Registry().op("diagonal"))["float32",]
    assert len({case.attributes["offset"] for case in cases[:ASKED]}) > 1


@pytest.mark.parametrize(
    ("told", "said"),
    [([], "not asked: its worker ends too often"), ([("it", TimedOut(3.0), None)], "no answer within 3 s")],
)
def test_what_hangs_or_is_given_up_is_a_remark(told: list[Any], said: str) -> None:
    engine = cast(Engine, SimpleNamespace(ask=lambda op, item: told))
    lane = cast(Lane, SimpleNamespace(label="it", target=Target("it", "plain"), hello={"ops": ["relu"]}))
    _, line = lines(Registry().ops(["relu"]), {"it": "plain"}, engine, lane)
    assert line.startswith(f"    # relu: {said}: ")
    assert "float32" in line


def test_the_first_case_sets_no_flag_that_a_framework_may_lack() -> None:
    cases = [found[0] for found in small_cases(Registry().op("cumsum")).values()]
    assert len(cases) >= 10
    assert not any(case.attributes["exclusive"] or case.attributes["reverse"] for case in cases)
