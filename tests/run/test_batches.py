"""Running many cases as one program changes speed only."""

from dataclasses import replace

import pytest

from opassay.harness.plan import plan
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices


def records_of(ops, aspect, target="jax"):
    settings = Settings(cases=8, seed=3)
    campaign = Campaign(Request(targets=[target], ops=ops, aspects=[aspect], settings=settings))
    with campaign.engine() as engine:
        check_devices(engine)
        found = {(r.op, r.number, r.case_id): replace(r, seconds=0.0) for r in engine.run(campaign.shards)}
    assert len(found) == sum(shard.planned(settings.fills) for shard in campaign.shards)
    return found


@pytest.mark.parametrize(
    ("ops", "aspect"),
    [(["conv2d", "avg_pool2d", "scatter_nd"], "value"), (["matmul", "relu", "shared_inputs"], "gradient")],
)
def test_cases_of_one_program_get_the_records_that_each_gets_alone(monkeypatch, ops, aspect):
    together = records_of(ops, aspect)
    monkeypatch.setattr(plan, "BATCH_GEOMETRIES", 1)
    alone = records_of(ops, aspect)
    assert together == alone
    assert {r.verdict for r in alone.values()} >= {"pass"}
