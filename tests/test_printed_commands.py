"""Commands that are printed can be pasted, scripts find what the run found, and a run never writes over another one."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from opassay.harness.store.earlier import LEFT, set_aside
from opassay.harness.store.files import FileError
from opassay.harness.store.journal import NAME, Journal

PLANTED = Path(__file__).parent / "run" / "planted.py"
OUT = "my report's"
RUN = ("run", "--adapter", "planted:Rejects", "--target", "refuses", "--op", "matmul", "--aspect", "value")
RUN += ("--cases", "20", "--findings", "1", "--out", OUT)


def opassay(folder, *words, flags=("-P",)):
    """From ``folder``, with the adapter in a folder that ``PYTHONPATH`` names as seen from there."""
    environment = {**os.environ, "PYTHONPATH": "my adapters"}
    command = [sys.executable, *flags, "-m", "opassay", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pasted")
    (folder / "my adapters").mkdir()
    shutil.copy(PLANTED, folder / "my adapters")
    done = opassay(folder, *RUN)
    assert done.returncode == 1, done.stderr
    return folder, done.stdout


def told(folder, stdout):
    """Every command that the terminal and the pages tell to type, by where it stands."""
    out = folder / OUT
    page = (out / "report.html").read_text(encoding="utf-8")
    (failure,) = ElementTree.parse(out / "junit.xml").iter("failure")
    return {
        "terminal": re.search(r"^Next: (.*)$", stdout, re.MULTILINE)[1],
        "summary.md": re.search(r"`(opassay replay .*?)`", (out / "summary.md").read_text(encoding="utf-8"))[1],
        "junit.xml": re.search(r"smallest case: (.*)", failure.text)[1],
        "finding": unescape(re.search(r'<pre id="finding-[^"]*-command">(.*?)</pre>', page)[1]),
        "difference": unescape(re.search(r'<pre id="new-1-command">(.*?)</pre>', page)[1]),
    }


def test_every_command_that_is_told_shows_the_difference_when_it_is_pasted(finished):
    folder, stdout = finished
    commands = told(folder, stdout)
    for command in dict.fromkeys(commands.values()):
        name, *words = shlex.split(command)
        done = opassay(folder, *words)
        assert (name, done.returncode) == ("opassay", 1), (command, done.stderr)
        assert "refuses: rejects" in done.stdout


def test_the_script_of_an_adapter_from_outside_finds_it_from_another_folder(finished):
    folder, _ = finished
    (run,) = [json.loads((folder / OUT / "run.json").read_text(encoding="utf-8"))]
    (script,) = run["findings"][0]["reproductions"]
    assert (script["exit_status"], script["reproduces"]) == (1, True)


def test_what_lies_beside_an_adapter_in_the_current_folder_is_found_by_worker_and_script(tmp_path):
    shutil.copy(PLANTED, tmp_path / "mine_helper.py")
    adapter = 'from mine_helper import Rejects\n\n\nclass Mine(Rejects):\n    name = "mine"\n    modes = ("eager",)\n'
    (tmp_path / "mine.py").write_text(adapter, encoding="utf-8")
    tensor = {"shape": [1, 1], "dtype": "int32"}
    (tmp_path / "case.json").write_text(json.dumps({"op": "matmul", "tensors": [tensor] * 2}), encoding="utf-8")
    words = ("replay", "case.json", "--adapter", "mine:Mine", "--target", "mine", "--script", "scripts")
    done = opassay(tmp_path, *words, flags=())
    assert done.returncode == 1, done.stderr
    assert "mine: rejects" in done.stdout
    assert "exit status 1: shows the difference" in done.stdout


def test_the_command_of_a_run_is_kept_as_it_was_typed(finished):
    folder, _ = finished
    run = json.loads((folder / OUT / "run.json").read_text(encoding="utf-8"))
    assert shlex.split(run["command"]) == ["opassay", *RUN]


def test_a_run_into_the_folder_of_another_one_moves_that_aside_and_says_so(finished, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(finished[0], folder)
    there = {path.name for path in (folder / OUT).iterdir()}
    assert there <= set(LEFT)
    (folder / OUT / "notes.txt").write_text("mine", encoding="utf-8")
    before = {path: path.read_bytes() for path in (folder / OUT).rglob("*") if path.is_file()}
    done = opassay(folder, *RUN[:-6], "--cases", "2", "--findings", "0", "--out", OUT)
    assert done.stderr.splitlines()[0] == f"the earlier run in {OUT} is now in {OUT}-1"
    aside = folder / f"{OUT}-1"
    assert {path.name for path in aside.iterdir()} == there
    for path, content in before.items():
        place = path if path.name == "notes.txt" else aside / path.relative_to(folder / OUT)
        assert place.read_bytes() == content


def test_each_earlier_run_gets_a_number_of_its_own(tmp_path):
    for number in (1, 2, 3):
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / "results.csv").write_text(str(number), encoding="utf-8")
        assert set_aside(tmp_path / "out") == tmp_path / f"out-{number}"
        assert (tmp_path / f"out-{number}" / "results.csv").read_text(encoding="utf-8") == str(number)


def test_a_folder_without_a_run_is_left_as_it_is(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert set_aside(tmp_path) is None
    Journal(tmp_path, {"seed": 0}).close()
    assert set_aside(tmp_path) is None
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", NAME}


def test_a_run_that_is_still_going_on_is_not_moved(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    journal = Journal(out, {"seed": 0})
    (out / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FileError, match="another opassay writes it now"):
        set_aside(out)
    journal.close()
    assert set_aside(out) == tmp_path / "out-1"
