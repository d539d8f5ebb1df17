"""The grid of the first screen: every op on every target, at its worst."""

import pytest

from opassay.reports.data.table import frame_of
from opassay.reports.sections.overview import Spot, folded, overview
from opassay.reports.sections.summarise import summarise


def spots(made, records, **more):
    """Name → spots, family rows in capitals."""
    shards = [made.shard(op=r.op, aspect=r.aspect, target=r.target) for r in records]
    families = overview(
        summarise(frame_of(records), made.run(shards, **more)), {("b", "value", "torch", "new"): "new-1"}
    )
    rows = {row.name: row.spots for family in families for row in family.ops}
    return {**{family.row.name.upper(): family.row.spots for family in families}, **rows}


def test_an_op_shows_its_worst_aspect_and_a_family_its_worst_op(made):
    records = [made.record(op="a"), made.record(op="b", verdict="numeric"), made.record(op="b", aspect="gradient")]
    found = spots(made, records, families={"a": "sums", "b": "sums"})
    assert found["a"] == (Spot("pass", 1, 1, "ran-value-a"),)
    assert found["b"] == (Spot("new", 1, 1, "new-1"),)
    assert found["SUMS"] == (Spot("new", 1, 2, "new-1"),)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"choice": "max_at_ties=first"}, "design"),
        ({"verdict": "rejects", "known": "torch-own"}, "design"),
        ({"verdict": "rejects", "known": "torch-empty"}, "known"),
        ({"verdict": "rejects", "known": "torch-own; torch-empty"}, "known"),
        ({"verdict": "unsupported"}, "unjudged"),
    ],
)
def test_what_a_framework_defines_otherwise_is_told_from_what_it_gets_wrong(made, changes, state):
    knowns = [made.known(), made.known(id="torch-own", owner="by design")]
    found = spots(made, [made.record(op="a", **changes)], known=knowns)
    assert found["a"][0].state == found["OTHER"][0].state == state


def test_a_target_without_the_op_is_left_blank(made):
    records = [made.record(op="a"), made.record(op="b", target="jax:jit")]
    found = spots(made, records, targets={"torch": made.target(), "jax:jit": made.target("jax")})
    assert found["a"][1] is None
    assert found["b"][0] is None


def test_only_many_ops_are_folded(made):
    def families(count):
        records = [made.record(op=f"op{number}") for number in range(count)]
        return overview(summarise(frame_of(records), made.run([])), {})

    assert not folded(families(24))
    assert folded(families(25))
