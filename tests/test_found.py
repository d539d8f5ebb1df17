"""Ops are found by their entries, and an entry that is none says where to look."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from opassay.harness.find import found
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.op import Op


def test_an_entry_is_a_name_whose_call_is_given_it_first() -> None:
    source = 'tanh = function("tanh", f)\nlog = function(\n    "log", f)\nconv = Op(\n    name="conv",\n)\n'
    other = 'TABLE = tuple("TABLES")\nold = function("new", f)\n    inner = function("inner", f)\nnumber = 3\n'
    assert found.names(source + other) == ["tanh", "log", "conv"]


def test_every_op_of_the_modules_is_found() -> None:
    modules = {importlib.import_module(name) for name in found.ops().values()}
    there = {value.name for module in modules for value in vars(module).values() if isinstance(value, Op)}
    assert there == set(found.ops())


def test_two_ops_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text('tanh = function("tanh", f)\n', encoding="utf-8")
    monkeypatch.setattr(found, "CASES", tmp_path)
    with pytest.raises(UsageError, match=r"cases/b.py has an op 'tanh', as opassay.cases.a has; rename one"):
        found.ops.__wrapped__()


def test_an_entry_that_is_no_op_says_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    module = type(sys)("planted_cases")
    module.tanh = "tanh"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "planted_cases", module)
    monkeypatch.setattr(found, "ops", lambda: {"tanh": "planted_cases"})
    with pytest.raises(UsageError, match=r"tanh of planted_cases is a str, not an Op; see docs/adding-an-op.md"):
        Registry().op("tanh")


def test_an_unknown_op_is_told_what_comes_close() -> None:
    with pytest.raises(UsageError, match="unknown op 'sigmiod'; did you mean 'sigmoid'"):
        Registry().op("sigmiod")
