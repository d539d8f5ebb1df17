"""Known differences in other versions of the framework than those they were seen in: none is outdated by them."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest

from opassay.harness.judge.facts import Tally, among, covering, versions_of
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.target import Target
from opassay.harness.run.known_rows import known_rows, other_versions, untested_line
from opassay.harness.run.status import outdated

PIN = Case("relu", (), {})


def entry(versions="fake 2.1, CPU"):
    when = lambda case: True  # noqa: E731
    return Fact(
        "fake-relu",
        "upstream",
        "rounds",
        ops=("relu",),
        verdicts=("numeric",),
        when=when,
        versions=versions,
        pins=(PIN,),
    )


def engine_of(entries=None, **answers):
    """Lanes ``new`` (2.1) and ``old`` (1.0) with the verdicts of their records; the first is that of the pin."""
    entries = entries or [entry()]
    tally, pins = Tally(), {}
    for label, verdicts in answers.items():
        for place, verdict in enumerate(verdicts):
            found = frozenset(fact.id for fact in covering(entries, PIN, "eager", verdict, lambda: None))
            if place == 0:
                pins[label, PIN.id] = verdict, found
            tally.count(found, label)
            if verdict == "pass":
                tally.count_pass(entries, PIN, label, "eager")
    versions = {"new": "2.1+cpu", "old": "1.0"}
    lanes = {
        label: SimpleNamespace(label=label, target=Target("fake", "eager", "cpu"), version=versions[label], settings={})
        for label in answers
    }
    known = SimpleNamespace(tally=tally, broken={}, tested=lambda lane: versions_of(entries))
    return SimpleNamespace(lanes=lanes, pins=pins, known=known)


def row_of(engine):
    [row] = known_rows(engine, "fake", [entry()])
    return row


def warnings_of(engine, **listed):
    return list(other_versions(engine, "fake", [entry()], Counter(listed)))


def test_another_version_that_passes_is_a_warning_only():
    engine = engine_of(new=["numeric", "numeric"], old=["pass", "pass", "numeric"])
    row = row_of(engine)
    assert (row["failed"], row["passed"], row["pin"]) == (3, 0, "fails")
    assert row["failed_in"] == {"2.1+cpu": 2, "1.0": 1}
    assert outdated({"known": [row]}) == []
    untested, lacking = warnings_of(engine)
    assert untested.startswith("fake 1.0 is not among the versions that its known differences were seen on (2.1): no")
    assert lacking.startswith("old, fake 1.0, does not show 1 of 1 known differences")


def test_where_it_shows_too_only_the_version_is_told():
    assert len(warnings_of(engine_of(new=["numeric"], old=["numeric"]))) == 1


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "no other difference was found"),
        (1, "1 other record differs and is listed, not red; --strict makes it red"),
        (2, "2 other records differ and are listed, not red; --strict makes them red"),
    ],
)
def test_a_warning_counts_what_is_not_red_for_its_version(count, told):
    warning = warnings_of(engine_of(old=["numeric"]), old=count)[0]
    assert f"(2.1): {told}" in warning
    assert ("--strict" in warning) is (count > 0)


def test_the_version_that_an_entry_names_outdates_it():
    engine = engine_of(new=["pass"])
    row = row_of(engine)
    assert (row["passed"], row["pin"]) == (1, "passes")
    assert len(outdated({"known": [row]})) == 2
    assert warnings_of(engine) == []


def test_only_another_version_leaves_the_entry_open():
    row = row_of(engine_of(old=["pass"]))
    assert (row["passed"], row["pin"]) == (0, "not run")
    assert outdated({"known": [row]}) == []


def test_an_entry_that_names_no_version_was_seen_where_the_others_were():
    bare = entry("all")
    engine = engine_of([bare, replace(entry(), id="other")], old=["pass"], new=["pass"])
    [row] = known_rows(engine, "fake", [bare])
    assert row["passed"] == 1


def test_entries_of_which_none_names_a_version_hold_for_all():
    bare = entry("all")
    engine = engine_of([bare], old=["pass"])
    [row] = known_rows(engine, "fake", [bare])
    assert (row["passed"], row["pin"]) == (1, "passes")
    assert list(other_versions(engine, "fake", [bare], Counter())) == []
    assert untested_line(engine, engine.lanes["old"]) == ""


def test_another_entrys_answer_to_the_same_pin_says_nothing():
    engine = engine_of(new=["pass"])
    elsewhere = replace(entry(), modes=("compiled",))
    lacking = replace(entry(), needs=("kernels=wide",))
    for known in (elsewhere, lacking):
        [row] = known_rows(engine, "fake", [known])
        assert row["pin"] == "not run"


def test_a_pin_that_a_target_does_not_support_says_nothing():
    row = row_of(engine_of(new=["unsupported"]))
    assert row["pin"] == "not run"


@pytest.mark.parametrize(
    ("named", "version", "seen"),
    [
        ("jax 0.10.2, CPU", "0.10.2", True),
        ("jax 0.10.2, CPU", "0.10.20", False),
        ("jax 0.4.30 and 0.10.2", "0.4.30", True),
        ("torch 2.13.0, CPU", "2.13.0+cpu", True),
        ("keras 3.15.1 on tensorflow 2.21.0, CPU", "3.15.1", True),
        ("keras 3.15.1 on tensorflow 2.21.0, CPU", "2.21.0", False),
        ("all", "0.4.30", True),
    ],
)
def test_which_versions_an_entry_names(named, version, seen):
    assert among(version, entry(named).seen) is seen
