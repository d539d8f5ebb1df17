"""``opassay report`` of a run that goes on, was killed or ends meanwhile."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest

from opassay.harness.doors import reporting
from opassay.harness.find.registry import UsageError
from opassay.harness.store.journal import NAME, Journal, being_written

sys.path.insert(0, str(Path(__file__).parent))
from interrupted import command, kill, recorded, run, start, table, wait_until

RUN = command("planted:Slow", "--target", "slow", "--cases", "60")
PAGES = ["out/summary.md", "out/junit.xml", "out/statement.json", "out/badge.svg", "out/report.html"]


def report(folder: Path):
    return run(folder, [*RUN[:3], "report", "out"])


def headline(folder: Path) -> str:
    return (folder / "out" / "summary.md").read_text(encoding="utf-8").splitlines()[0]


def test_a_run_that_goes_on_is_reported_so_far_and_not_disturbed(tmp_path: Path) -> None:
    parent = start(tmp_path, RUN)
    wait_until(lambda: recorded(tmp_path) >= 10)
    # Else it may have ended before the report begins, on a busy machine.
    parent.send_signal(signal.SIGSTOP)
    done = report(tmp_path)
    parent.send_signal(signal.SIGCONT)
    assert (done.returncode, done.stdout.splitlines()) == (0, PAGES), done.stderr
    (so_far, planned) = re.fullmatch(r"still running: (\d+) of (\d+) answers so far\n", done.stderr).groups()
    assert 10 <= int(so_far) < int(planned)
    assert headline(tmp_path) == f"# opassay: No new difference so far; still running: {so_far} of {planned}"
    assert f"still running: {so_far} of {planned}" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "The run goes on" in (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")
    assert not (tmp_path / "out" / "results.csv").exists()
    out, err = parent.communicate(timeout=300)
    assert parent.returncode == 0, err
    assert "No new difference" in out
    assert len(table(tmp_path)) == int(planned)
    assert headline(tmp_path) == "# opassay: No new difference"
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []


def test_a_run_that_was_killed_is_reported_as_far_as_it_came(tmp_path: Path) -> None:
    parent = start(tmp_path, RUN)
    wait_until(lambda: recorded(tmp_path) >= 10)
    kill(parent, signal.SIGKILL)
    done = report(tmp_path)
    assert (done.returncode, done.stdout.splitlines()) == (0, PAGES), done.stderr
    assert done.stderr.startswith("it was ended before it was done, and --resume goes on with it: ")
    assert "The run was interrupted." in (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")
    assert f"ran {recorded(tmp_path)} of " in (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")


def test_a_run_that_has_only_begun_is_one_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path, {"seed": 0})
    assert being_written(tmp_path / NAME)
    with pytest.raises(UsageError, match=r"has only begun.*try again"):
        reporting.report_command([tmp_path])
    journal.close()
    assert not being_written(tmp_path / NAME)


def test_a_run_that_ends_while_it_is_reported_keeps_its_own_pages(made_run, monkeypatch, capsys) -> None:
    state = iter([True, False, False])
    monkeypatch.setattr(reporting, "being_written", lambda path: next(state))
    assert reporting.report_command([made_run]) == 0
    assert "running" not in (made_run / "summary.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out.split() == [str(made_run / Path(page).name) for page in PAGES]


@pytest.fixture
def made_run(tmp_path: Path) -> Path:
    """A folder as a run leaves it when it has ended, without its pages; its journal has no record."""
    from opassay.reports.data.table import write_table

    Journal(tmp_path, {"seed": 0}).close()
    write_table([], tmp_path)
    shard = {"op": "relu", "aspect": "value", "target": "torch", "planned": 0, "absent": False}
    (tmp_path / "run.json").write_text(json.dumps({"shards": [shard], "status": "finished"}), encoding="utf-8")
    return tmp_path
