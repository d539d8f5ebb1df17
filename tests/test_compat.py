"""What earlier versions wrote is read for ever, and gives the same bits: one folder per version in compat/."""

import json
import sys
from pathlib import Path

import pytest

from opassay.adapters.facts import read_pins
from opassay.harness.doors.case_file import find_case
from opassay.harness.store.baseline import read_baseline, write_baseline
from opassay.harness.store.suite import read_suite, write_suite

HERE = Path(__file__).parent / "compat"
sys.path.insert(0, str(HERE))
from written import bits  # noqa: E402 - a script beside the files

VERSIONS = sorted(folder for folder in HERE.iterdir() if (folder / "bits.json").exists())


@pytest.fixture(params=VERSIONS, ids=lambda folder: folder.name)
def folder(request):
    return request.param


@pytest.fixture
def told(folder):
    return json.loads((folder / "bits.json").read_text(encoding="utf-8"))


def test_there_are_files_of_the_first_version():
    assert "0.1" in {folder.name for folder in VERSIONS}


def test_a_suite_has_the_same_cases_with_the_same_bits(folder, told, tmp_path):
    suite = read_suite(folder / "suite.jsonl")
    assert {case.id: bits(case) for case in suite.cases} == {id: digest for id, digest in told.items() if id != "line"}
    write_suite(tmp_path / "again", suite)
    assert (tmp_path / "again").read_bytes() == (folder / "suite.jsonl").read_bytes()


def test_a_case_and_pins_are_read(folder, told):
    assert find_case(str(folder / "case.json"), folder).id in told
    assert {case.id for pins in read_pins(folder).values() for case in pins} <= set(told)
    assert len(read_pins(folder)["a-fact"]) == 2


def test_a_baseline_covers_the_same(folder, told, tmp_path):
    (line,) = read_baseline(folder / "baseline.jsonl")
    assert line.id == told["line"]
    assert line.fact().covers(line.pin)
    write_baseline(tmp_path / "again", [line])
    assert (tmp_path / "again").read_bytes() == (folder / "baseline.jsonl").read_bytes()
