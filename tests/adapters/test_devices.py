"""A device is honoured and verified: two virtual CPUs stand in for a machine with several devices."""

from collections import Counter

import pytest

from adapters.devices import cpu_name, cpu_number
from harness.registry import UsageError
from harness.run.campaign import Campaign, Request, check_devices
from harness.run.plan import Settings

TARGETS = ("jax@cpu:1", "jax:eager@cpu:1", "tensorflow@cpu:1", "tensorflow:function@cpu:1", "tensorflow:xla@cpu:1")


def test_a_second_cpu_computes_and_holds_what_it_is_asked_for():
    settings = Settings(cases=2)
    campaign = Campaign(Request(targets=TARGETS, ops=["relu"], aspects=["value", "gradient"], settings=settings))
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
    planned = sum(shard.planned(settings.fills) for shard in campaign.shards)
    assert len(records) == planned
    assert {r.device for r in records} == {"cpu:1"}
    verdicts = Counter((r.target, r.verdict) for r in records)
    assert {target for target, verdict in verdicts if verdict == "pass"} == set(TARGETS)
    assert not [r.message for r in records if r.verdict in ("fallback", "fault")]


@pytest.mark.parametrize("target", ["jax@cpu:9", "jax@cuda:7", "torch@cpu:1"])
def test_a_device_that_is_not_there_is_said_with_those_that_are(target):
    campaign = Campaign(Request(targets=[target], ops=["relu"], aspects=["value"]))
    with pytest.raises(UsageError, match="it has: cpu"), campaign.engine() as engine:
        check_devices(engine)


@pytest.mark.parametrize(("name", "number"), [("cpu", 0), ("cpu:1", 1), ("cpu:7", 7), ("cpu:8", 0), ("cuda:1", 0)])
def test_a_cpu_has_a_name_and_a_number(name, number):
    assert cpu_number(name) == number
    assert number == 0 or cpu_name(number) == name
