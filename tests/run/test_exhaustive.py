"""``--exhaustive`` asks each float32 once, finds the one that is wrong, and goes on where it was cut off."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from opassay.harness.doors.commands import run_command
from opassay.harness.find.located import UsageError
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case
from opassay.harness.plan import exhaustive
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request

HERE = str(Path(__file__).parent)
FEW = 6
"""Slices that a run has here, each cut short."""

WRONG = np.nextafter(np.float32(1.625), np.float32(2))
"""For which the planted adapter is wrong."""


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH")))))
    sys.modules.pop("planted_exhaustive", None)


def request(ops: list[str], cases: int | None = None, **more: object) -> Request:
    settings = Settings(cases=cases, fills=1, exhaustive=True)
    return Request(targets=["rooted"], adapters=["planted_exhaustive:Rooted"], ops=ops, settings=settings, **more)


def test_the_slices_hold_every_pattern_once_and_the_first_ones_lie_far_apart() -> None:
    op = Registry().op("sqrt")
    keys = [case.tensors[0].fill.key for _, case in exhaustive.slices(op, 0, exhaustive.SLICES)]
    assert sorted(keys) == list(range(0, 2**32, 2**exhaustive.SLICE_BITS))
    assert sorted(keys[:4]) == [0, 2**30, 2**31, 3 * 2**30]
    _, case = next(exhaustive.slices(op, 5, 6))
    assert case.tensors[0].materialize().view(np.uint32)[:2].tolist() == [keys[5], keys[5] + 1]


def test_ops_of_one_float_tensor_have_slices_and_others_are_refused() -> None:
    found = {op.name for op in Campaign(request([])).ops}
    assert {"sqrt", "tanh", "isnan", "clamp", "cast"} <= found
    assert not {"add", "conv2d", "bitwise_not", "logical_not"} & found
    for wrong, words in (
        (request(["sqrt", "add"]), "not add"),
        (request(["sqrt"], aspects=["gradient"]), "asks for values"),
        (request(["sqrt"], cases=exhaustive.SLICES + 1), "has 4096 slices"),
    ):
        with pytest.raises(UsageError, match=words):
            Campaign(wrong)


def test_the_one_wrong_number_is_found_and_named_and_a_run_that_was_cut_off_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(op: object, start: int, stop: int, slices: object = exhaustive.slices) -> object:
        """A thousand numbers of each slice, in the last one those about the wrong one."""
        for number, case in slices(op, start, stop):  # type: ignore[operator]
            yield number, _shortened(case, number)

    monkeypatch.setattr(exhaustive, "slices", short)
    out = tmp_path / "out"
    assert run_command(request(["sqrt"], FEW), out, False, False, 1) == 1
    journal = (out / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (finding,) = (out / "findings").glob("*/case.json")
    smallest = Case.loads(finding.read_text())
    assert smallest.tensors[0].materialize().tolist() == [WRONG]
    (out / "journal.jsonl").write_bytes(b"".join(journal[: len(journal) // 2]))
    assert run_command(request(["sqrt"], FEW), out, True, False, 0) == 1
    table = pd.read_csv(out / "results.csv")
    assert table.number[table.number >= 0].tolist() == list(range(FEW))
    assert table.verdict.tolist().count("numeric") == 1
    with pytest.raises(UsageError, match="cannot resume"):
        run_command(request(["sqrt"], FEW - 1), out, True, False, 0)


def _shortened(case: Case, number: int) -> Case:
    (x,) = case.tensors
    first = int(WRONG.view(np.uint32)) - 500 if number == FEW - 1 else x.fill.key
    return case.with_tensors([replace(x, shape=(1000,), fill=replace(x.fill, key=first))])
