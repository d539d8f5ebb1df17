"""A budget of time: what fits is planned, what does not is told, and nothing is never green."""

from itertools import count
from pathlib import Path

import pytest

from opassay.harness.doors.sizes import parse_seconds
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.target import Target
from opassay.harness.plan.budget import Budget, Costs, fitting
from opassay.harness.plan.plan import Settings, shards
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.run import Run
from opassay.harness.run.status import Counts, exit_status
from opassay.harness.store.durations import Durations, Watch

FAST, SLOW = Target("fast", "eager"), Target("slow", "eager")
LABELS = {FAST: "fast", SLOW: "slow"}


def planned():
    return shards(Registry().ops(["relu", "matmul"]), ["value"], [FAST, SLOW], 4)


def told(seconds):
    """Durations of 1 s an answer of relu, and ``seconds`` of matmul on the slow target."""
    known = Durations(None)
    watch = Watch(lambda: 0.0)
    watch.told = lambda: {
        "fast": {"start": 1.0, "relu value": 1.0, "matmul value": 1.0},
        "slow": {"start": 2.0, "relu value": 1.0, "matmul value": seconds},
    }
    known.learn(watch)
    return Costs(known, LABELS, 2, (), 2)


def test_all_targets_are_asked_what_the_slowest_has_time_for():
    counts = {shard.op.name: shard.planned(2) for shard in planned()}
    room = 2 + counts["relu"] + counts["matmul"]
    assert fitting(planned(), told(1.0), room) == (planned(), [])
    kept, left = fitting(planned(), told(1.1), room)
    assert {(s.op.name, s.target) for s in kept} == {("relu", FAST), ("relu", SLOW)}
    assert {(s.op.name, s.target) for s in left} == {("matmul", FAST), ("matmul", SLOW)}


def test_a_budget_in_which_nothing_fits_is_refused():
    with pytest.raises(UsageError, match=r"a budget of 3 s is too little for anything: .* in about \d+ s"):
        fitting(planned(), told(1.0), 3)


def test_what_was_seen_is_remembered(tmp_path):
    clock = iter([0.0, 5.0, 6.0, 6.5])
    watch = Watch(lambda: next(clock))
    watch.ready()
    record = type("R", (), {"target": "fast", "op": "relu", "aspect": "value"})
    watch.see(record)
    watch.see(record)
    Durations(tmp_path / "durations.json").learn(watch)
    again = Durations(tmp_path / "durations.json")
    assert (again.start("fast"), again.answer("fast", "relu", "value")) == (5.0, 0.75)
    assert again.answer("fast", "relu", "gradient") is None


@pytest.mark.parametrize("text", ["[]", '{"fast": {"start": -1}}', '{"fast": {"start": ', "{"])
def test_a_damaged_memory_holds_nothing(tmp_path, text):
    (tmp_path / "durations.json").write_text(text, encoding="utf-8")
    assert Durations(tmp_path / "durations.json").start("fast") is None


def test_what_is_not_begun_in_time_is_told_and_not_missing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    request = Request(["honest"], ["matmul", "avg_pool2d"], ["value"], ["planted:Honest"], budget=600.0)
    campaign = Campaign(Request(**{**vars(request), "settings": Settings(cases=4)}))
    ticks = count()
    # The first shard is asked for by its pins and its stream; when that is begun, the time is up.
    campaign.budget = Budget(3, lambda: next(ticks))
    run = Run(campaign, tmp_path)
    with campaign.engine() as engine:
        check_devices(engine)
        run.begin(engine)
        list(run.execute(engine))
        described = run.describe(engine)
    rows = {row["op"]: (row["planned"], row["not_planned"]) for row in described["shards"]}
    assert sum(planned for planned, _ in rows.values()) == run.counts.total > 0
    assert sum(left for _, left in rows.values()) > 0
    assert exit_status(described, run.counts, strict=False) == (0, [])
    assert any(line.startswith("the budget of 600 s left out") for line in described["warnings"])


def test_a_target_that_was_asked_nothing_is_red():
    shard = {"op": "relu", "aspect": "value", "absent": False}
    rows = [
        {**shard, "target": "fast", "planned": 1, "not_planned": 0},
        {**shard, "target": "slow", "planned": 0, "not_planned": 1},
    ]
    run = {"shards": rows, "faults": [], "targets": {}, "known": [], "budget": 60}
    counts = Counts()
    counts.made["relu", "value", "fast"] = 1
    assert exit_status(run, counts, False) == (1, ["target slow answered nothing: the budget was too short"])


def test_times_as_people_write_them():
    assert [parse_seconds("--budget", text) for text in ("90", "90s", "1.5m", "1h")] == [90, 90, 90, 3600]
    for wrong in ("", "2 min", "0", "-1s"):
        with pytest.raises(UsageError, match="--budget expects a time such as 90s, 2m or 1h"):
            parse_seconds("--budget", wrong)
