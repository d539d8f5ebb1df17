"""A run that was cut off goes on to the same table; an ordinary pytest run pays nothing for the plugin."""

import csv
import shutil
import subprocess
import sys

import pytest

RUN = ("run", "--op", "relu", "--op", "stop_gradient", "--target", "torch", "--cases", "5", "--out", "out")


def opassay(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "opassay", *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )


def table(folder):
    with (folder / "out" / "results.csv").open(newline="") as stream:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(stream)]


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """The folder in which a run came to its end."""
    folder = tmp_path_factory.mktemp("ended")
    assert opassay(folder, *RUN).returncode == 0
    return folder


def test_a_run_cut_off_in_the_middle_of_a_line_resumes_to_the_same_table(ended, tmp_path):
    shutil.copytree(ended, tmp_path, dirs_exist_ok=True)
    whole = table(tmp_path)
    journal = tmp_path / "out" / "journal.jsonl"
    data = journal.read_bytes()
    journal.write_bytes(data[: data.rfind(b"\n", 0, len(data) // 2) + 9])
    kept = journal.read_bytes().rpartition(b"\n")[0]
    assert opassay(tmp_path, *RUN, "--resume").returncode == 0
    assert table(tmp_path) == whole
    assert journal.read_bytes().startswith(kept)
    assert len(whole) > 20


def test_resuming_with_other_options_is_refused_in_one_line(ended):
    done = opassay(ended, *RUN, "--cases", "6", "--resume")
    assert done.returncode == 2
    assert done.stderr.startswith("opassay: cannot resume")
    assert len(done.stderr.splitlines()) == 1


def test_an_ordinary_pytest_run_imports_neither_numpy_nor_the_harness(tmp_path):
    (tmp_path / "test_plain.py").write_text(
        "import sys\n\n\ndef test_plain():\n    assert 'opassay' in sys.modules\n"
        "    assert not {'numpy', 'opassay.harness'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_plain.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
