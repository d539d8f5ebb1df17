"""``opassay run`` and the pytest plugin with a planted bug: findings in the folder, the table and the exit status."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from opassay.harness.doors.suites import Wanted, freeze_command
from opassay.harness.find.registry import UsageError
from opassay.harness.store.suite import read_suite

PLANTED = str(Path(__file__).parent.parent / "run")
RUN = ("run", "--adapter", "planted:Rejects", "--target", "refuses", "--op", "matmul", "--aspect", "value")
RUN += ("--cases", "20", "--out", "out")


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join([PLANTED, os.environ.get("PYTHONPATH", "")])}


def python(folder, *arguments):
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300)


def table(folder):
    with (folder / "out" / "results.csv").open(newline="", encoding="utf-8") as stream:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(stream)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("found")
    done = python(folder, "opassay", *RUN)
    assert done.returncode == 1, done.stderr
    return folder, done


def findings(folder, out="out"):
    return sorted(path.name for path in (folder / out).glob("findings/*"))


def test_a_run_tells_its_findings_everywhere(finished):
    folder, done = finished
    (name,) = findings(folder)
    run = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))
    (told,) = run["findings"]
    assert (told["id"], told["verdict"], told["failed"], told["runs"]) == (name, "rejects", 2, 2)
    assert told["records"] == sum(row["verdict"] == "rejects" for row in table(folder)) > 1
    assert "1 finding" in done.stdout
    assert name in done.stdout
    assert name in (folder / "out" / "summary.md").read_text(encoding="utf-8")
    assert {r["confirmed"] for r in table(folder) if r["verdict"] == "rejects"} == {"yes"}


def test_what_was_found_becomes_a_suite(finished, tmp_path):
    folder, _ = finished
    assert freeze_command(Wanted(found=folder / "out"), tmp_path / "found.jsonl") == 0
    (name,) = findings(folder)
    case = json.loads((folder / "out" / "findings" / name / "case.json").read_text(encoding="utf-8"))
    assert [frozen.to_json() for frozen in read_suite(tmp_path / "found.jsonl").cases] == [case]
    with pytest.raises(UsageError, match="has no finding: the suite would be empty"):
        freeze_command(Wanted(found=tmp_path), tmp_path / "none.jsonl")


def test_the_script_of_a_finding_was_run_and_shows_it(finished):
    folder, _ = finished
    here = folder / "out" / "findings" / findings(folder)[0]
    (script,) = json.loads((here / "finding.json").read_text(encoding="utf-8"))["reproductions"]
    assert (script["adapter"], script["exit_status"], script["reproduces"]) == ("refuses", 1, True)
    assert (here / script["file"]).is_file()
    assert "exit status 1" in (here / script["file"]).with_suffix(".txt").read_text(encoding="utf-8")
    assert script["file"] in (here / "issue.md").read_text(encoding="utf-8")


def test_the_smallest_case_is_replayed_and_still_fails(finished):
    folder, _ = finished
    case = folder / "out" / "findings" / findings(folder)[0] / "case.json"
    arguments = ("--adapter", "planted:Rejects", "--target", "refuses")
    done = python(folder, "opassay", "replay", str(case), *arguments)
    assert done.returncode == 1, done.stderr
    assert "refuses: rejects" in done.stdout


def test_resuming_a_finished_run_changes_nothing(finished):
    folder, _ = finished
    before, rows = findings(folder), table(folder)
    text = (folder / "out" / "findings" / before[0] / "finding.json").read_text(encoding="utf-8")
    assert python(folder, "opassay", *RUN, "--resume").returncode == 1
    assert (findings(folder), table(folder)) == (before, rows)
    assert (folder / "out" / "findings" / before[0] / "finding.json").read_text(encoding="utf-8") == text


def test_a_run_without_a_hunt_and_one_with_nothing_new_leave_no_findings(finished, tmp_path):
    shutil.copytree(finished[0], tmp_path, dirs_exist_ok=True)
    there = findings(tmp_path)
    assert there
    assert python(tmp_path, "opassay", *RUN, "--findings", "0").returncode == 1
    assert findings(tmp_path) == []
    assert findings(tmp_path, "out-1") == there
    honest = [a.replace("Rejects", "Honest").replace("refuses", "honest") for a in RUN]
    assert python(tmp_path, "opassay", *honest).returncode == 0
    assert findings(tmp_path) == []


def test_a_hunt_cut_short_is_interrupted_and_goes_on_with_resume(finished, tmp_path):
    endless = [a.replace("Rejects", "Endless").replace("refuses", "endless") for a in RUN]
    command = [sys.executable, "-m", "opassay", *endless, "--timeout", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True)
    journal = tmp_path / "out" / "journal.jsonl"
    planned = 1 + 3 + 40
    while process.poll() is None and not (journal.exists() and journal.read_text().count("\n") >= planned):
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)
    assert process.returncode == 130
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["status"] == "interrupted"
    done = python(tmp_path, "opassay", *endless, "--timeout", "2", "--resume")
    assert done.returncode == 1, done.stderr
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["status"] == "finished"
    assert [name for name in findings(tmp_path) if "hang" in name]


def test_a_red_pytest_item_shows_the_smallest_case_and_where_it_is(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    options = ["--opassay-adapter", "planted:Rejects", "--opassay-target", "refuses", "--opassay-op", "matmul"]
    options += ["--opassay-aspect", "value", "--opassay-cases", "20", "-p", "no:cacheprovider"]
    done = python(tmp_path, "pytest", "--opassay", *options)
    assert done.returncode == 1
    (folder,) = (tmp_path / "opassay-pytest" / "findings").iterdir()
    assert f"finding {folder.name}" in done.stdout
    assert (
        json.dumps(json.loads((folder / "case.json").read_text()), sort_keys=True, separators=(",", ":")) in done.stdout
    )
    case = f"opassay-pytest/findings/{folder.name}/case.json"
    command = f"opassay replay {case} --target refuses --adapter planted:Rejects"
    assert f"  {command}\n" in done.stdout
    assert python(tmp_path, *command.split()).returncode == 1
    # Findings of another session are not written over.
    again = python(tmp_path, "pytest", "--opassay", *options, "--opassay-cases", "1")
    assert "opassay: the earlier findings in opassay-pytest are now in opassay-pytest-1" in again.stdout
    assert (tmp_path / case.replace("opassay-pytest", "opassay-pytest-1")).is_file()
