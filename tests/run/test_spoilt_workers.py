"""A case that is known to end its worker, and does not, costs no other case its verdict."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

sys.path.insert(0, str(Path(__file__).parent))

PIN = Case("matmul", (Tensor((1, 1), "int32", Fill("ones")), Tensor((1, 1), "int32", Fill("ones"))), {})
DAMAGE = Fact(
    id="faulty-damage",
    ops=("matmul",),
    verdicts=("crash",),
    when=lambda case: case.tensors[0].dtype == "int32",
    owner="upstream",
    reason="writes to memory that is not its own",
    versions="1",
    pins=(PIN,),
)


def campaign_of(monkeypatch: pytest.MonkeyPatch, known: tuple[Fact, ...]) -> Campaign:
    """Products on an adapter of which so much is known."""
    settings = Settings(cases=12)
    campaign = Campaign(
        Request(
            targets=["faulty:damages"], adapters=["faulty:Faulty"], ops=["matmul"], aspects=["value"], settings=settings
        )
    )
    monkeypatch.setattr(campaign.registry, "known", lambda name: known)
    return campaign


def verdicts_of(monkeypatch: pytest.MonkeyPatch, known: tuple[Fact, ...]) -> tuple[Counter[str], int]:
    """Verdicts of a run on an adapter whose int32 products end the next other case; how many of those there are."""
    campaign = campaign_of(monkeypatch, known)
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
    return Counter(r.verdict for r in records), sum(r.dtype.startswith("int32") for r in records)


def test_a_damaged_worker_is_replaced_before_the_next_case(monkeypatch: pytest.MonkeyPatch) -> None:
    found, damaging = verdicts_of(monkeypatch, (DAMAGE,))
    assert damaging > 1
    assert set(found) == {"pass"}


def test_what_nobody_knows_of_strikes_another_case(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = verdicts_of(monkeypatch, ())
    assert found["crash"] > 0


def test_what_is_known_to_hang_is_asked_by_itself_and_has_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = campaign_of(monkeypatch, (replace(DAMAGE, verdicts=("hang",)),))
    engine = campaign.engine()
    (lane,) = engine.lanes.values()
    jobs = list(engine.feeds(campaign.shards).jobs(lane))
    hanging = [[item.case.tensors[0].dtype for item in job.items] for job in jobs if job.brief]
    others = {item.case.tensors[0].dtype for job in jobs if not job.brief for item in job.items}
    assert hanging == [["int32"]] * len(hanging) != []
    assert "int32" not in others != set()
