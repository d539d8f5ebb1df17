"""Known differences that need several threads: until there are some, they cover no case and no pin is asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from opassay.harness.judge.facts import Tally
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.plan.plan import SPLIT, Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.engine import Engine
from opassay.harness.run.pin_steps import check_pins
from opassay.harness.run.run import Run

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)

PIN = Case("matmul", (Tensor((1, 1), "int32", Fill("ones")), Tensor((1, 1), "int32", Fill("ones"))), {})
TOGETHER = Fact(
    id="together-sum",
    ops=("matmul",),
    verdicts=("structural",),
    when=lambda case: case.tensors[0].dtype == "int32",
    owner="upstream",
    reason="with several threads the sum is one too large",
    versions="1",
    pins=(PIN,),
    needs=("parallel=yes",),
)
KEY = "together", PIN.id


@pytest.fixture
def campaign(monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """One whose target errs where it has several threads, which an entry says; workers import the planted base."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH")))))
    request = Request(
        targets=["together"],
        adapters=["planted_repeats:Together"],
        ops=["matmul"],
        aspects=["value"],
        settings=Settings(cases=SPLIT, fills=1),
    )
    campaign = Campaign(request)
    monkeypatch.setattr(campaign.registry, "known", lambda name: (TOGETHER,))
    return campaign


def test_the_pin_is_asked_once_there_are_several_threads(campaign: Campaign) -> None:
    with campaign.engine() as engine:
        check_devices(engine)
        check_pins(engine, campaign.ops, campaign.aspects)
        assert engine.pins == {}
        engine.use_threads(2)
        check_pins(engine, campaign.ops, campaign.aspects)
        assert engine.pins == {KEY: ("structural", frozenset({TOGETHER.id}))}


def test_what_was_asked_is_not_asked_again(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign.registry, "known", lambda name: (replace(TOGETHER, needs=()),))
    with campaign.engine() as engine:
        check_devices(engine)
        for threads in (1, 2):
            engine.use_threads(threads)
            check_pins(engine, campaign.ops, campaign.aspects)
            assert engine.pins == {KEY: ("pass", frozenset())}


@pytest.mark.parametrize("cores", [1, 2])
def test_a_run_covers_what_differs_only_where_it_uses_several(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cores: int
) -> None:
    monkeypatch.setattr("opassay.harness.run.campaign.usable_cores", lambda: cores)
    with campaign.engine() as engine:
        check_devices(engine)
        run = Run(campaign, tmp_path)
        records = list(run.execute(engine))
        [row] = run.describe(engine)["known"]
    wrong = [record for record in records if record.verdict != "pass"]
    whole = [record for record in records if record.dtype.startswith("int32")]
    later = [record for record in whole if record.number is not None and record.number >= SPLIT // 2]
    assert later
    assert len(wrong) == (len(later) if cores > 1 else 0)
    assert {record.known for record in wrong} == ({TOGETHER.id} if wrong else set())
    assert (row["failed"], row["passed"], row["pin"]) == (len(wrong), 0, "fails" if wrong else "not run")


def test_before_that_covered_cases_count_for_nothing(campaign: Campaign) -> None:
    assert _counted(campaign, lambda engine: None) == 0
    assert _counted(campaign, lambda engine: engine.use_threads(2)) > 0


def _counted(campaign: Campaign, prepare: Callable[[Engine], None]) -> int:
    with campaign.engine() as engine:
        check_devices(engine)
        # What concerns a case is kept from here on: it must be looked up again where threads change.
        engine.known.facts(next(iter(engine.lanes.values())), PIN)
        prepare(engine)
        list(engine.run(campaign.shards))
        tally: Tally = engine.known.tally
        return tally.failed["together", TOGETHER.id] + tally.passed["together", TOGETHER.id]
