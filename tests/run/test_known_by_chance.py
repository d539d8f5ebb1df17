"""Known differences that come and go: covered cases may pass, and the pin has several tries."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.job import Job
from opassay.harness.run.kinds import Pinned
from opassay.harness.run.known_rows import _pin, known_rows
from opassay.harness.run.pin_steps import check_pins, pin_steps
from opassay.harness.run.pins import shown
from opassay.harness.run.status import outdated

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)

PIN = Case("matmul", (Tensor((1, 1), "int32", Fill("ones")), Tensor((1, 1), "int32", Fill("ones"))), {})
SELDOM = Fact(
    id="seldom-sum",
    ops=("matmul",),
    verdicts=("structural",),
    when=lambda case: case.tensors[0].dtype == "int32",
    owner="upstream",
    reason="the sum is one too large",
    versions="1",
    pins=(PIN,),
    flaky="how often it was asked before",
)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers import the planted adapters' own base."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH")))))


def campaign_of(monkeypatch: pytest.MonkeyPatch, adapter: str, entry: Fact, cases: int) -> Campaign:
    """Products on a planted adapter of which ``entry`` is known."""
    request = Request(
        targets=[adapter.lower()],
        adapters=[f"planted_repeats:{adapter}"],
        ops=["matmul"],
        aspects=["value"],
        settings=Settings(cases=max(1, cases)),
    )
    campaign = Campaign(request)
    monkeypatch.setattr(campaign.registry, "known", lambda name: (entry,))
    return campaign


def row_of(monkeypatch: pytest.MonkeyPatch, adapter: str, entry: Fact, cases: int = 0) -> dict[str, Any]:
    """What a run with ``entry`` says of it."""
    campaign = campaign_of(monkeypatch, adapter, entry, cases)
    with campaign.engine() as engine:
        check_devices(engine)
        if cases:
            list(engine.run(campaign.shards))
        check_pins(engine, campaign.ops, campaign.aspects)
        [row] = known_rows(engine, adapter.lower(), [entry])
    return row


@pytest.mark.parametrize("fused", [True, False])
def test_pins_run_alone_where_they_do_not_show_together(monkeypatch: pytest.MonkeyPatch, fused: bool) -> None:
    shows, other = PIN, replace(PIN, tensors=PIN.tensors[:1] * 2, attributes={"more": 1})
    entry = replace(SELDOM, pins=(shows, other), flaky="")
    campaign = campaign_of(monkeypatch, "Seldom", entry, 0)
    engine = campaign.engine()
    (lane,) = engine.lanes.values()
    lane.hello = {"fused": fused}
    steps = pin_steps(engine, lane, campaign.ops, campaign.aspects)
    together = cast(Job, next(steps))
    assert [item.case for item in together.items] == ([shows, other] if fused else [shows])
    assert isinstance(together.again(together.items[0]).kind, Pinned)
    engine.pins[lane.label, shows.id] = "structural", frozenset({entry.id})
    engine.pins[lane.label, other.id] = "pass", frozenset()
    alone = [step for step in steps if isinstance(step, Job)]
    assert [(item.case, job.alone) for job in alone for item in job.items] == [(other, True)]


def test_a_pin_that_differs_at_the_third_try_still_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    row = row_of(monkeypatch, "Seldom", SELDOM)
    assert row["pin"] == "fails"
    assert outdated({"known": [row]}) == []


def test_its_other_verdicts_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert row_of(monkeypatch, "Seldom", replace(SELDOM, verdicts=("numeric",)))["pin"] == "fails"


@pytest.mark.parametrize("chance", [SELDOM.flaky, ""])
def test_a_pin_that_differs_from_call_to_call_is_called_twice(monkeypatch: pytest.MonkeyPatch, chance: str) -> None:
    entry = replace(SELDOM, verdicts=("nondeterministic",), flaky=chance)
    assert row_of(monkeypatch, "Wavering", entry)["pin"] == "fails"
    assert row_of(monkeypatch, "Wavering", replace(entry, verdicts=("structural",), flaky=""))["pin"] == "passes"


@pytest.mark.parametrize(("chance", "pin"), [(SELDOM.flaky, "fails"), ("", "passes")])
def test_of_several_modes_one_that_shows_it_is_enough_only_for_chance(chance: str, pin: str) -> None:
    lanes = [SimpleNamespace(label=mode, settings={}, target=SimpleNamespace(mode=mode)) for mode in ("one", "other")]
    seen = {("one", PIN.id): ("structural", frozenset({SELDOM.id})), ("other", PIN.id): ("pass", frozenset())}
    engine = SimpleNamespace(pins=seen)
    entry = replace(SELDOM, flaky=chance)
    assert _pin(cast(Any, engine), cast(Any, lanes), entry) == pin
    engine.pins["one", PIN.id] = "pass", frozenset()
    assert _pin(cast(Any, engine), cast(Any, lanes), entry) == "passes"


def test_without_chance_one_pass_outdates_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert row_of(monkeypatch, "Seldom", replace(SELDOM, flaky=""))["pin"] == "passes"


def test_a_pin_that_never_differs_is_out_of_date(monkeypatch: pytest.MonkeyPatch) -> None:
    row = row_of(monkeypatch, "Random", SELDOM)
    assert row["pin"] == "passes"
    assert [line for line in outdated({"known": [row]}) if "fixed? remove it" in line]


def test_any_pin_and_any_verdict_show_what_is_flaky() -> None:
    other = replace(PIN, attributes={"b": 1})
    both = replace(SELDOM, pins=(PIN, other))
    pins = {("seldom", PIN.id): ("numeric", frozenset[str]()), ("seldom", other.id): ("pass", frozenset[str]())}
    assert shown(pins, "seldom", both) is True
    assert shown(pins, "seldom", replace(both, flaky="")) is False
    assert shown(pins, "seldom", replace(both, pins=(other,))) is False
    assert shown({}, "seldom", both) is None


@pytest.mark.parametrize(("chance", "broad"), [(SELDOM.flaky, 0), ("", 1)])
def test_covered_cases_that_pass_are_red_only_where_nothing_is_left_to_chance(
    monkeypatch: pytest.MonkeyPatch, chance: str, broad: int
) -> None:
    row = row_of(monkeypatch, "Seldom", replace(SELDOM, flaky=chance), cases=40)
    assert row["passed"] > 0
    assert sum("too broad" in line for line in outdated({"known": [row]})) == broad


@pytest.mark.parametrize(
    ("needs", "covered"), [(("bits=32",), True), (("bits=16",), False), (("instructions=none",), False)]
)
def test_an_entry_that_needs_what_the_target_lacks_covers_nothing(
    monkeypatch: pytest.MonkeyPatch, needs: tuple[str, ...], covered: bool
) -> None:
    row = row_of(monkeypatch, "Seldom", replace(SELDOM, needs=needs), cases=40)
    assert (row["failed"] > 0) is covered
    assert row["pin"] == ("fails" if covered else "not run")


@pytest.mark.parametrize(("need", "covered"), [("avx2", True), ("avx512f", False), ("amx_tile", False)])
def test_instruction_sets_that_are_withheld_are_not_there(
    monkeypatch: pytest.MonkeyPatch, need: str, covered: bool
) -> None:
    monkeypatch.setattr("opassay.harness.run.greeting.instructions", lambda: ("amx_tile", "avx2", "avx512f"))
    row = row_of(monkeypatch, "Seldom", replace(SELDOM, needs=(f"instructions={need}",)))
    assert row["pin"] == ("fails" if covered else "not run")


def raising(case: Case) -> bool:
    """A predicate with a mistake of its own, in the first half of the dtypes."""
    return bool(case.tensors[0].dtype == "int32" and case.attributes["stride"])


def test_a_predicate_that_raises_covers_nothing_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    row = row_of(monkeypatch, "Seldom", replace(SELDOM, when=raising), cases=40)
    assert (row["failed"], row["passed"], row["pin"]) == (0, 0, "not run")
    assert row["broken"].startswith("KeyError: 'stride', on case ")
    [line] = outdated({"known": [row]})
    assert line.startswith("the predicate of known difference 'seldom-sum' raised KeyError: 'stride', on case ")
