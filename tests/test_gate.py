"""A repository outside ours takes up fifty failures by one command, is green, and red for one bug more."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "run"
WORDS = ("adapter planted_baseline:Fifty", "target fifty", "target fifty:again", "op relu", "op matmul")
WORDS += ("aspect value", "aspect error", "cases 24")
ASKED = [word for pair in WORDS for word in f"--{pair}".split()]
ITEMS = [word for pair in WORDS for word in f"--opassay-{pair}".split()]
OLD = "refuses,plus,absolute,accepts"
BASELINE = ("--opassay-baseline", "opassay-baseline.jsonl")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Their folder: a configuration, their backend, and the baseline of what fails today."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    shutil.copy(HERE / "planted_baseline.py", folder)
    first = shell(folder, OLD, "opassay", "run", *ASKED, "--findings", "0")
    assert first.returncode == 1, first.stdout + first.stderr
    assert shell(folder, OLD, "opassay", "known", "update", "opassay-report", *ASKED[:2]).returncode == 0
    return folder


def shell(folder, bugs, module, *words):
    variables = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{HERE.parents[1]}", "OPASSAY_TEST_BUGS": bugs}
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=300)


def gate(folder, bugs, *words):
    return shell(folder, bugs, "pytest", "--opassay", "-p", "no:cacheprovider", "-p", "no:randomly", *words)


def test_fifty_failures_are_taken_up_by_one_command(repository):
    statement = json.loads((repository / "opassay-report" / "statement.json").read_text(encoding="utf-8"))
    assert statement["new"] >= 50
    done = gate(repository, OLD, *ITEMS, *BASELINE)
    assert done.returncode == 0, done.stdout


def test_one_bug_more_is_red_and_says_what_to_type(repository):
    done = gate(repository, f"{OLD},other", *ITEMS, *BASELINE, "--opassay-findings", "1")
    assert done.returncode == 1, done.stdout
    assert "2 failed" in done.stdout, "relu in both modes"
    assert "differ in a way no known difference covers" in done.stdout
    assert "opassay replay opassay-pytest" in done.stdout
    assert "int8" in done.stdout
    assert len(done.stdout.splitlines()) < 60, "it fits on a screen"


def test_without_the_framework_it_is_red_in_one_line(repository):
    done = gate(repository, OLD, "--opassay-target", "paddle")
    assert done.returncode != 0
    told = [line for line in (done.stdout + done.stderr).splitlines() if "paddle" in line]
    assert len(told) == 1
    assert "which is not installed; try: pip install" in told[0]


def test_a_baseline_of_another_adapter_is_refused_in_one_line(repository):
    done = shell(repository, OLD, "opassay", "run", "-t", "onnxruntime", "--baseline", "opassay-baseline.jsonl")
    assert done.returncode == 2
    assert "opassay-baseline.jsonl" in done.stderr
    assert "is about fifty, and none of it about onnxruntime" in done.stderr
    assert len(done.stderr.splitlines()) == 1
