"""A disk that takes no more: one line, status 2, and what was written before is gone on from."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from interrupted import command, recorded, run, start, table, wait_until

RUN = command("planted:Slow", "--target", "slow", "--cases", "12")
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from opassay import main
main()
"""


def limited(size):
    """The same command, in a process of which no file may have more than ``size`` bytes."""
    return [RUN[0], "-c", LIMITED, str(size), *RUN[3:]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert run(folder, RUN).returncode == 0
    return folder


def in_one_line(done, *words):
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("opassay: ")]
    assert all(word in line for word in words), line


def test_a_disk_that_fills_while_the_journal_grows(whole, tmp_path):
    size = (whole / "out" / "journal.jsonl").stat().st_size // 2
    in_one_line(run(tmp_path, limited(size)), "journal.jsonl: File too large", "--resume")
    kept = recorded(tmp_path)
    assert 5 < kept < len(table(whole))
    assert run(tmp_path, [*RUN, "--resume"]).returncode == 0
    assert table(tmp_path) == table(whole)


def test_a_disk_that_fills_while_the_pages_are_written(whole, tmp_path):
    sizes = {name: (whole / "out" / name).stat().st_size for name in ("journal.jsonl", "report.html")}
    assert sizes["journal.jsonl"] + 1000 < sizes["report.html"]
    in_one_line(run(tmp_path, limited(sizes["report.html"] - 100)), "cannot write in out", "--resume")
    assert recorded(tmp_path) == len(table(whole))
    assert run(tmp_path, [*RUN, "--resume"]).returncode == 0
    assert table(tmp_path) == table(whole)


@pytest.mark.parametrize("name", ["results.csv", "results.parquet", "report.html", "run.json"])
def test_a_folder_where_a_file_should_be(whole, tmp_path, name):
    shutil.copytree(whole / "out", tmp_path / "out")
    (tmp_path / "out" / name).unlink()
    (tmp_path / "out" / name / "below").mkdir(parents=True)
    in_one_line(run(tmp_path, [*RUN, "--resume"]), name, "--resume")
    assert recorded(tmp_path) == len(table(whole))


def test_a_folder_that_is_removed_meanwhile(tmp_path):
    parent = start(tmp_path, RUN)
    wait_until(lambda: recorded(tmp_path) > 3)
    shutil.rmtree(tmp_path / "out")
    _, err = parent.communicate(timeout=300)
    assert parent.returncode == 2, err
    assert "Traceback" not in err
    (line,) = [line for line in err.splitlines() if line.startswith("opassay: ")]
    assert "was removed while the run wrote to it" in line


def test_a_report_folder_below_a_file_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "out").touch()
    done = run(tmp_path, RUN)
    in_one_line(done, "'out'")
    assert len(done.stderr.splitlines()) == 1
