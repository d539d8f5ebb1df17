"""The command and the pytest plugin from outside: what they write, and one clear line for a wrong request."""

from __future__ import annotations

import csv
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from opassay.harness.doors.cli import run_cli
from opassay.harness.find.registry import AdapterEntry, Registry, UsageError

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")

PLANTED = str(Path(__file__).parent / "run")
RUN = ["run", "--adapter", "planted:Honest", "--target", "honest", "--op", "matmul", "--op", "avg_pool2d"]
RUN += ["--aspect", "value", "--cases", "3"]
FILES = {"results.csv", "results.parquet", "report.html", "summary.md", "junit.xml", "run.json", "journal.jsonl"}
FILES |= {"statement.json", "badge.svg"}

Done = subprocess.CompletedProcess[str]


def python(folder: Path, *arguments: str) -> Done:
    command = [sys.executable, "-m", *arguments]
    environment = {**os.environ, "PYTHONPATH": PLANTED}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def opassay(folder: Path, *arguments: str) -> Done:
    return python(folder, "opassay", *arguments)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command in this process, which has it imported already."""
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.chdir(tmp_path)

    def asked(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["opassay", *arguments])
        with pytest.raises(SystemExit) as left:
            run_cli()
        return subprocess.CompletedProcess(arguments, int(str(left.value.code)), *capfd.readouterr())

    return asked


def refuses(done: Done, *words: str) -> None:
    """Status 2 and one line that says so."""
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines)) == (2, 1), done.stderr
    assert lines[0].startswith("opassay: ")
    assert "Traceback" not in done.stdout + done.stderr
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--op", "rleu"], ["'rleu'", "did you mean 'relu'"]),
        (["run", "--op", "relu", "--target", "nope"], ["'nope'", "torch"]),
        (["run", "--op", "relu", "--aspect", "nope"], ["'nope'", "gradient"]),
        (["run", "--cases", "0"], ["--cases"]),
        (["run", "--nope"], ["--nope"]),
        (["list", "nope"], ["'nope'", "targets"]),
        (["replay", "0123456789abcdef"], ["0123456789abcdef"]),
        (["replay", "missing.json"], ["missing.json"]),
        (["run", "--python", "torch"], ["NAME=INTERPRETER"]),
        (["run", "--python", "torch=/no/such/file"], ["/no/such/file"]),
        (["replay", "case.json", "--python", "torch"], ["NAME=INTERPRETER"]),
        (["report", "."], ["run.json"]),
        (["report", "no-such-folder"], ["no-such-folder"]),
        (["report", "no-such-folder", "."], ["run.json"]),
        (["diff", "no-such-folder", "."], ["no-such-folder"]),
        (["diff", ".", ".", "--format", "pdf"], ["text, markdown, html", "pdf"]),
    ],
    ids=" ".join,
)
def test_wrong_request(arguments: list[str], words: list[str], here: Callable[..., Done]) -> None:
    refuses(here(*arguments), *words)


def test_a_wrong_request_ends_the_process_so(tmp_path: Path) -> None:
    refuses(opassay(tmp_path, "run", "--op", "rleu"), "'rleu'")


@needs_torch
def test_unknown_mode(here: Callable[..., Done]) -> None:
    refuses(here("run", "--op", "relu", "--target", "torch:nope"), "'nope'", "eager")


@needs_torch
def test_unknown_device(tmp_path: Path) -> None:
    done = opassay(tmp_path, "run", "--op", "relu", "--cases", "1", "--target", "torch@tpu")
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    *before, last = done.stderr.splitlines()
    assert all(line.startswith(("asking torch@tpu", "[")) for line in before)
    assert last.startswith("opassay: ")
    assert "'tpu'" in last
    assert "cpu" in last


@pytest.mark.parametrize("text", ["{", "[]", '"relu"', '{"op":"relu"}', "", "\x00"])
def test_broken_replay_file(text: str, here: Callable[..., Done]) -> None:
    Path("case.json").write_text(text, encoding="utf-8")
    refuses(here("replay", "case.json"), "case.json", "does not hold a case")


@needs_torch
def test_unwritable_folder(here: Callable[..., Done]) -> None:
    Path("file").touch()
    refuses(here("run", "--op", "relu", "--target", "torch", "--out", "file/below"), "file/below")


@pytest.mark.parametrize("name", ["harness", "adapters", "cases", "reports"])
def test_a_folder_of_the_users_with_a_common_name_hides_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    done = opassay(tmp_path, "list", "ops")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_checkout_without_links_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "opassay").mkdir()
    for name in ("__init__.py", "__main__.py"):
        shutil.copy(Path(__file__).parent.parent / "opassay" / name, tmp_path / "opassay" / name)
    (tmp_path / "opassay" / "harness").write_text("../harness", encoding="utf-8")
    refuses(opassay(tmp_path, "list", "ops"), "opassay/harness is no link", "core.symlinks true")


def test_no_framework_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AdapterEntry, "installed", property(lambda entry: False))
    with pytest.raises(UsageError, match="no framework is installed") as caught:
        Registry().targets([])
    assert "pip install 'opassay[torch]'" in str(caught.value)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which one run wrote its report."""
    folder = tmp_path_factory.mktemp("run")
    done = opassay(folder, *RUN)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def table(folder: Path) -> list[dict[str, str]]:
    """results.csv without its timing."""
    with (folder / "opassay-report" / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_run_writes_every_file(finished: Path) -> None:
    assert {path.name for path in (finished / "opassay-report").iterdir()} >= FILES
    rows = table(finished)
    assert {row["op"] for row in rows} == {"matmul", "avg_pool2d"}
    assert {row["verdict"] for row in rows} == {"pass"}


def test_run_twice_gives_the_same_table(finished: Path, tmp_path: Path) -> None:
    assert opassay(tmp_path, *RUN).returncode == 0
    assert table(tmp_path) == table(finished)


def test_pytest_wrong_request(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    done = python(tmp_path, "pytest", "--opassay", "--opassay-op", "nope")
    assert done.returncode == 4
    assert "opassay: unknown op 'nope'" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
