"""A version of a framework in which nobody has looked for differences: told, and red only if that is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from opassay.harness.doors.commands import run_command
from opassay.harness.doors.doctor import doctor_command
from opassay.harness.doors.replay import replay_command
from opassay.harness.find import registry
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Request
from opassay.reports.data.table import read_table

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)
from planted_versions.known import KNOWN  # noqa: E402

ADAPTER = "planted_versions.adapter:Aging"
LINE = "aging {} is not among the versions that its known differences were seen on (1.4, 1.5)"
CASES = 64
"""So many that each dtype of integers has some that hold elements."""


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH")))))


@pytest.fixture
def aged(monkeypatch, tmp_path, capsys):
    """Runs relu on a version, with a mistake in ``wrong`` that nobody knows of; status, output and records."""

    def run(version, wrong="", strict=False):
        monkeypatch.setenv("OPASSAY_TEST_VERSION", version)
        monkeypatch.setenv("OPASSAY_TEST_WRONG", wrong)
        settings = Settings(cases=CASES)
        request = Request(targets=["aging"], ops=["relu"], aspects=["value"], adapters=[ADAPTER], settings=settings)
        status = run_command(request, tmp_path / "out", False, strict, 0)
        return status, " ".join(capsys.readouterr().out.split()), read_table(tmp_path / "out")

    return run


def failing(records):
    return {(row.known, row.version_untested) for row in records.itertuples() if row.verdict == "structural"}


def test_in_a_tested_version_what_nobody_knows_is_red(aged):
    status, said, records = aged("1.5", wrong="uint8")
    assert status == 1
    assert failing(records) == {("aging-int32", ""), ("", "")}
    assert "not among the versions" not in said


def test_in_another_version_it_is_listed_and_red_only_if_that_is_asked_for(aged):
    status, said, records = aged("1.6", wrong="uint8")
    assert status == 0
    assert failing(records) == {("aging-int32", "yes"), ("", "yes")}
    count = sum(not row.known and row.verdict == "structural" for row in records.itertuples())
    assert (
        f"{LINE.format('1.6')}: {count} other records differ and are listed, not red; --strict makes them red" in said
    )
    assert "in untested versions, not red" in said
    status, said, _ = aged("1.6", wrong="uint8", strict=True)
    assert status == 1
    assert f"exit status 1: {count} records differ in a way no known difference covers" in said


def test_an_entry_that_no_longer_shows_is_out_of_date_only_where_it_was_seen(aged):
    assert aged("1.6", strict=True)[0] == 0
    status, said, _ = aged("1.5", strict=True)
    assert status == 1
    assert "known difference 'aging-int8' no longer shows in its pinned case" in said
    assert "'aging-int8' covers" in said


def test_an_entry_may_be_untested_where_another_of_its_framework_is_not(aged):
    status, said, records = aged("1.4", wrong="int8")
    assert status == 0
    assert failing(records) == {("aging-int32", ""), ("aging-int8", "yes")}
    assert "not among the versions" not in said
    assert aged("1.4", wrong="uint8")[0] == 1


@pytest.mark.parametrize(("version", "told"), [("1.6", True), ("1.5", False)])
def test_doctor_and_replay_say_so(monkeypatch, tmp_path, capsys, version, told):
    monkeypatch.setenv("OPASSAY_TEST_VERSION", version)
    monkeypatch.setenv("OPASSAY_TEST_WRONG", "")
    monkeypatch.setattr(registry, "built_in", tuple)
    monkeypatch.chdir(tmp_path)
    assert doctor_command([ADAPTER], {}) == 0
    assert (f"    {LINE.format(version)}\n" in capsys.readouterr().out) is told
    Path("case.json").write_text(KNOWN[0].pins[0].dumps(), encoding="utf-8")
    assert replay_command(["case.json"], Request(targets=["aging"], adapters=[ADAPTER]), tmp_path, None) == 1
    assert (f"    {LINE.format(version)}\n" in capsys.readouterr().out) is told


def pytest_run(folder, version, *options):
    asked = ("--opassay-adapter", ADAPTER, "--opassay-target", "aging", "--opassay-op", "relu")
    few = ("--opassay-aspect", "value", "--opassay-cases", str(CASES), "--opassay-findings", "0")
    environment = {**os.environ, "OPASSAY_TEST_VERSION": version, "OPASSAY_TEST_WRONG": "uint8"}
    command = [sys.executable, "-m", "pytest", "--opassay", "-p", "no:cacheprovider", "--junitxml", "x.xml"]
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return subprocess.run(
        [*command, *asked, *few, *options], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_pytest_passes_and_says_what_it_lists(tmp_path, workers):
    done = pytest_run(tmp_path, "1.6", *workers)
    assert done.returncode == 0, done.stdout
    assert f"{LINE.format('1.6')}: " in done.stdout
    assert "listed, not red; --opassay-strict makes" in done.stdout
    assert 'name="listed"' in (tmp_path / "x.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("version", "options"), [("1.5", ()), ("1.6", ("--opassay-strict",))])
def test_pytest_fails_in_a_tested_version_or_if_that_is_asked_for(tmp_path, version, options):
    done = pytest_run(tmp_path, version, *options)
    assert done.returncode == 1, done.stdout
    assert "differ in a way no known difference covers" in done.stdout
