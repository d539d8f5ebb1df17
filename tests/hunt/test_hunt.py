"""Planted bugs become findings: one each, small, confirmed, with the verdict that the run gave."""

import json

import pytest

from opassay.harness.hunt import store
from opassay.harness.hunt.after_run import noted
from opassay.harness.hunt.confirm import FRESH, MORE
from opassay.harness.hunt.failure import failures
from opassay.harness.model.case import Case
from opassay.harness.model.verdicts import FAILING, severity

pytestmark = pytest.mark.slow

SMALLEST = {
    "planted:SwappedStrides": ("conv2d", "structural", 486),
    "planted:MixedGroups": ("conv2d", "structural", 4),
    "planted:LastTie": ("max_pool2d_with_argmax", "structural", 4),
    "planted:WrongDtype": ("avg_pool2d", "dtype", 1),
    "planted:WrongShape": ("scatter_nd", "shape", 2),
    "planted:Rejects": ("matmul", "rejects", 2),
    "planted:Aborts": ("matmul", "crash", 2),
}
"""Adapter: the op of its bug, the verdict, and how many elements show it at least."""

CONDITIONS = {
    "planted:SwappedStrides": "an uneven stride: 7 of 8 new cases that have it fail, 0 of 8 that have not",
    "planted:MixedGroups": "groups beyond 1: 5 of 8 new cases that have it fail, 0 of 8 that have not",
}
"""Of the adapters whose bug needs just this of a case; sums of mixed groups may happen to be alike."""


@pytest.mark.parametrize("adapter", SMALLEST)
@pytest.mark.share(2)
def test_a_planted_bug_is_one_finding_of_few_elements(adapter, bed):
    op, verdict, elements = SMALLEST[adapter]
    here = bed([adapter], op)
    failing = [r for r in here.records if r.verdict == verdict]
    hunter = here.hunt()
    (found,) = [finding for finding in hunter.findings.values() if finding.verdict == verdict]
    assert (found.case.size, found.failed, found.runs) == (elements, FRESH, FRESH)
    # The same mistake may show under another verdict, too.
    assert found.records == len(failing) if not found.also else found.records > len(failing)
    assert not found.suspect_oracle
    assert found.when == CONDITIONS.get(adapter, found.when)
    (asked,) = here.engine.ask(here.op, _item(found.case))
    assert asked[2].verdict == verdict
    assert hunter.waiting == 0
    assert sum(f.records for f in hunter.findings.values()) == sum(r.new for r in here.records)


def _item(case):
    from opassay.harness.plan.plan import Item

    return Item(0, case)


@pytest.mark.whole
def test_a_bug_that_fifty_records_show_is_one_finding(bed):
    here = bed(["planted:WrongShape"], "scatter_nd", cases=40)
    assert sum(r.new for r in here.records) >= 50
    (found,) = here.hunt().findings.values()
    assert found.records == sum(r.new for r in here.records)


def test_two_bugs_of_one_op_are_two_findings(bed):
    here = bed(["planted_hunts:TwoBugs"], "conv2d", cases=40)
    found = [f for f in here.hunt().findings.values() if f.verdict == "structural"]
    told = {str([t.place for t in f.predicates[0].traits]) for f in found}
    assert len(found) == 2
    assert sum("groups" in text for text in told) == 1
    assert sum("dtype" in text for text in told) == 1


def test_the_same_bug_on_two_targets_is_one_finding_and_the_oracle_is_suspect(bed):
    here = bed(["planted:FlippedKernel", "planted_hunts:Twin"], "conv2d", cases=12)
    found = [f for f in here.hunt().findings.values() if f.verdict == "structural"]
    assert [f.targets for f in found] == [("flipped_kernel", "twin")]
    assert found[0].suspect_oracle
    assert set(found[0].actual) == {"flipped_kernel", "twin"}


def test_a_finding_names_the_mistake_that_fits_its_answer(bed):
    here = bed(["planted:FlippedKernel"], "conv2d", cases=12)
    hunter = here.hunt()
    found = {f.verdict: f for f in hunter.findings.values()}
    assert "flip" in found["structural"].explained_by
    rows = [noted(hunter, r) for r in here.records]
    assert {r.explained_by for r in rows if r.verdict == "structural"} == {found["structural"].explained_by}
    assert {r.explained_by for r in rows if r.verdict == "pass"} == {""}


def test_another_failure_names_the_mistake_where_the_smallest_case_cannot(bed):
    hunter = bed(["planted_hunts:ZeroForNan"], "relu", cases=100).hunt()
    (found,) = hunter.findings.values()
    assert found.case.size == 1
    assert found.explained_by.startswith("nan_to_zero reproduces")


def test_one_mistake_is_one_finding_whatever_verdict_shows_it(bed):
    here = bed(["planted:FlippedKernel"], "conv2d", cases=30, seed=1)
    new = [r for r in here.records if r.new]
    assert len({r.verdict for r in new}) > 1
    (found,) = [f for f in here.hunt().findings.values() if f.explained_by.startswith("filter_flipped reproduces")]
    assert found.verdict == "structural"
    assert "conv2d value numeric" in found.also
    assert found.records > sum(r.verdict == "structural" for r in new)
    # All failures of the run have an odd extent, but some new cases without one fail, too.
    assert found.when == ""


def test_the_oracle_is_not_suspect_where_a_target_agrees_with_it(bed):
    here = bed(["planted:FlippedKernel", "planted_hunts:Twin", "planted:Honest"], "conv2d", cases=12)
    found = [f for f in here.hunt().findings.values() if f.verdict == "structural"]
    assert found
    assert not any(f.suspect_oracle for f in found)


@pytest.mark.whole
def test_the_oracle_is_not_suspect_where_targets_are_wrong_in_different_ways(bed):
    here = bed(["planted:FlippedKernel", "planted:MixedGroups"], "conv2d", cases=12)
    found = here.hunt().findings.values()
    assert {target for f in found for target in f.targets} == {"flipped_kernel", "mixed_groups"}
    assert not any(f.suspect_oracle for f in found)


def test_what_does_not_repeat_is_nondeterministic_with_its_rate(bed):
    here = bed(["planted_hunts:EverySecond"], "matmul", cases=10)
    failing = [r for r in here.records if r.new]
    hunter = here.hunt()
    (found,) = hunter.findings.values()
    assert found.verdict == "nondeterministic"
    # In a fresh worker the first call is right, and then every second one is wrong.
    assert (found.failed, found.runs) == (MORE // 2, FRESH + MORE)
    assert found.records == len(failing)


def test_what_an_earlier_case_caused_is_not_believed(bed):
    here = bed(["planted_hunts:Remembers"], "matmul", cases=5)
    assert [r for r in here.records if r.verdict == "shape" and r.confirmed == "yes"]
    found = {finding.verdict: finding for finding in here.hunt().findings.values()}
    assert found["nondeterministic"].failed == 0
    assert found["nondeterministic"].case.tensors[0].size <= 500
    assert found["shape"].case.tensors[0].size > 500
    assert found["shape"].confirmed


def test_a_hunt_ends_at_its_limit_and_says_how_many_wait(bed):
    here = bed(["planted:Careless"], "matmul", aspect="error")
    hunter = here.hunt(findings=1)
    assert len(hunter.findings) == 1
    assert hunter.waiting > 0
    assert here.hunt(findings=20).waiting == 0
    assert here.hunt(seconds=0.0).findings == {}


def test_the_gravest_is_looked_at_first_and_no_case_shrinks_to_an_empty_one(bed):
    here = bed(["planted_hunts:ManyBugs"], "matmul")
    found = list(here.hunt().findings.values())
    assert [f.severity for f in found] == sorted(f.severity for f in found)
    assert {f.severity for f in found} == {severity("structural"), severity("structural", True), severity("dtype")}
    assert [f.severity for f in here.hunt(findings=1).findings.values()] == [severity("structural")]


def test_nothing_new_asks_nothing(bed, monkeypatch):
    here = bed(["planted:Honest"], "conv2d", cases=5)
    monkeypatch.setattr(here.engine, "ask", lambda *_: pytest.fail("asked"))
    assert here.hunt().findings == {}


def test_a_covered_record_is_no_failure(bed):
    from dataclasses import replace

    here = bed(["planted:Rejects"], "matmul")
    assert failures(here.records)
    assert failures([replace(r, known="some-id") for r in here.records]) == []


def test_a_finding_is_read_as_it_was_written(bed, tmp_path):
    here = bed(["planted:FlippedKernel", "planted:SwappedStrides"], "conv2d", cases=10)
    for found in here.hunt().findings.values():
        folder = store.write(tmp_path, found)
        assert store.read(folder) == found
        assert Case.from_json(json.loads((folder / store.CASE).read_text())) == found.case
        assert found.verdict in FAILING
    assert len(list(store.stored(tmp_path))) > 1


@pytest.mark.parametrize("text", ["[]", "{}", '{"id": 1}', "nonsense"])
def test_what_is_no_finding_is_refused(text, tmp_path):
    (tmp_path / store.FINDING).write_text(text)
    with pytest.raises(ValueError, match=r"not a finding|Expecting value"):
        store.read(tmp_path)
