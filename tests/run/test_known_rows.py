"""Known differences beside another version of the framework: what it does otherwise outdates no entry."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from opassay.harness.judge.known import Tally
from opassay.harness.model.case import Case
from opassay.harness.model.known import Known
from opassay.harness.model.target import Target
from opassay.harness.run.known_rows import known_rows, other_versions, seen_in
from opassay.harness.run.status import outdated

PIN = Case("relu", (), {})


def entry(versions="fake 2.1, CPU"):
    return Known("fake-relu", "relu", "numeric", lambda case: True, "upstream", "rounds", versions, PIN)


def engine_of(**answers):
    """Lanes ``new`` (2.1) and ``old`` (1.0) with the verdicts of their records; the first is that of the pin."""
    tally, pins = Tally(), {}
    for label, verdicts in answers.items():
        pins[label, PIN.id] = verdicts[0]
        for verdict in verdicts:
            tally.count([entry()], PIN, label, "eager", verdict)
    versions = {"new": "2.1+cpu", "old": "1.0"}
    lanes = {
        label: SimpleNamespace(
            label=label, target=Target("fake", "eager", "cpu"), hello={"version": versions[label]}, settings={}
        )
        for label in answers
    }
    return SimpleNamespace(lanes=lanes, tally=tally, pins=pins, broken={})


def row_of(engine, foreign):
    [row] = known_rows(engine, "fake", [entry()], foreign)
    return row


def test_another_version_that_passes_is_a_warning_only():
    engine = engine_of(new=["numeric", "numeric"], old=["pass", "pass", "numeric"])
    row = row_of(engine, {"old"})
    assert (row["failed"], row["passed"], row["pin"]) == (3, 0, "fails")
    assert row["failed_in"] == {"2.1+cpu": 2, "1.0": 1}
    assert outdated({"known": [row]}) == []
    [warning] = other_versions(engine, "fake", [entry()], {"old"})
    assert warning.startswith("old, fake 1.0, does not show 1 of 1 known differences")


def test_where_it_shows_too_there_is_no_warning():
    engine = engine_of(new=["numeric"], old=["numeric"])
    assert other_versions(engine, "fake", [entry()], {"old"}) == []


@pytest.mark.parametrize("foreign", [set(), {"new"}])
def test_the_version_that_an_entry_names_outdates_it(foreign):
    engine = engine_of(new=["pass"])
    row = row_of(engine, foreign)
    assert (row["passed"], row["pin"]) == (1, "passes")
    assert len(outdated({"known": [row]})) == 2
    assert other_versions(engine, "fake", [entry()], foreign) == []


def test_so_does_another_version_in_the_users_own_interpreter():
    row = row_of(engine_of(old=["pass"]), set())
    assert len(outdated({"known": [row]})) == 2


def test_only_another_version_leaves_the_entry_open():
    row = row_of(engine_of(old=["pass"]), {"old"})
    assert (row["passed"], row["pin"]) == (0, "not run")


def test_another_entrys_answer_to_the_same_pin_says_nothing():
    engine = engine_of(new=["pass"])
    elsewhere = replace(entry(), modes=("compiled",))
    lacking = replace(entry(), needs=("kernels=wide",))
    for known in (elsewhere, lacking):
        [row] = known_rows(engine, "fake", [known], set())
        assert row["pin"] == "not run"


def test_a_pin_that_a_target_does_not_support_says_nothing():
    row = row_of(engine_of(new=["unsupported"]), set())
    assert row["pin"] == "not run"


@pytest.mark.parametrize(
    ("named", "version", "seen"),
    [
        ("jax 0.10.2, CPU", "0.10.2", True),
        ("jax 0.10.2, CPU", "0.10.20", False),
        ("jax 0.4.30 and 0.10.2", "0.4.30", True),
        ("torch 2.13.0, CPU", "2.13.0+cpu", True),
        ("all", "0.4.30", True),
    ],
)
def test_which_versions_an_entry_names(named, version, seen):
    assert seen_in(entry(named), version) is seen
