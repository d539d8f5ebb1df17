"""``pytest --opassay``: red where something is wrong, red where nothing was judged, with pytest-xdist as without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = str(Path(__file__).parent / "run")
INI = "[tool.pytest.ini_options]\n"
pytestmark = pytest.mark.slow
PLANTED_BUG = ("--opassay-adapter", "planted:Rejects", "--opassay-target", "refuses", "--opassay-findings", "0")
HONEST = ("--opassay-adapter", "planted:Honest", "--opassay-target", "honest")
FEW = ("--opassay-op", "matmul", "--opassay-aspect", "value", "--opassay-cases", "8")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_mine.py").write_text("def test_mine():\n    pass\n", encoding="utf-8")
    return tmp_path


def run(folder, ini, *options):
    (folder / "pyproject.toml").write_text(INI + ini, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--opassay", "-p", "no:cacheprovider", *options]
    environment = {**os.environ, "PYTHONPATH": PLANTED}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_a_planted_bug_is_red_with_xdist_too(project):
    done = run(project, "", *PLANTED_BUG, *FEW, "tests", "-n", "2")
    assert done.returncode == 1, done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "differ in a way no known difference covers" in done.stdout


def test_what_judged_nothing_is_red(project):
    options = ("--opassay-op", "relu", *HONEST)
    done = run(project, 'testpaths = ["tests"]\n', *options)
    assert done.returncode == 1, done.stdout
    assert "judged nothing: no target has what was asked for" in done.stdout


def test_a_target_that_cannot_start_is_one_error(project):
    adapter = ("--opassay-adapter", "faulty:CannotStart", "--opassay-target", "cannot_start")
    done = run(project, "", *adapter, "--opassay-op", "matmul", "--opassay-cases", "4", "--junitxml", "report.xml")
    assert done.returncode == 1, done.stdout
    assert "1 failed, 1 passed, 3 skipped" in done.stdout
    assert 'classname="pyproject.toml.matmul.value" name="cannot_start"' in (project / "report.xml").read_text()


def test_one_test_per_target(project):
    options = ("--opassay-collapse", "--opassay-op", "avg_pool2d", *FEW, "-rA")
    done = run(project, "", *PLANTED_BUG, *HONEST, *options)
    assert done.returncode == 1, done.stdout
    assert "1 failed, 2 passed" in done.stdout
    assert "PASSED pyproject.toml::honest" in done.stdout
    assert len(done.stdout.splitlines()) < 60, "it fits on a screen"


def test_what_the_user_left_out_is_not_red(project):
    done = run(project, 'testpaths = ["tests"]\n', *PLANTED_BUG, *FEW, "-k", "test_mine")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_run_that_collects_no_item_is_red(project):
    hook = "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if i.name == 'test_mine']\n"
    (project / "conftest.py").write_text(hook, encoding="utf-8")
    done = run(project, 'testpaths = ["tests"]\n', *HONEST, *FEW)
    assert done.returncode == 1, done.stdout
    assert "no item of --opassay was run: nothing was tested" in done.stdout


def test_an_end_that_does_not_repeat_is_in_the_reports(project, tmp_path, monkeypatch):
    monkeypatch.setenv("OPASSAY_TEST_MARKS", str(tmp_path))
    adapter = ("--opassay-adapter", "ending:Ending", "--opassay-target", "ending:SIGKILL")
    done = run(project, "", *adapter, *FEW, "--junitxml", "report.xml")
    assert done.returncode == 0, done.stdout
    assert "not reproduced: the worker ended: SIGKILL" in (project / "report.xml").read_text(encoding="utf-8")


def test_an_item_by_its_id(project):
    done = run(project, "", *HONEST, "--opassay-cases", "8", "pyproject.toml::matmul::value::honest")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_finding_that_ends_the_process_leaves_the_target_to_later_items(project):
    adapter = ("--opassay-adapter", "planted:Aborts", "--opassay-target", "aborts", "--opassay-findings", "1")
    done = run(project, "", *adapter, "--opassay-cases", "20", "-k", "value and (matmul or avg_pool2d)")
    assert done.returncode == 1, done.stdout
    assert "could not start" not in done.stdout
    assert "passed" in done.stdout
