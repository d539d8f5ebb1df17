"""``opassay demo``: a planted mistake is found, in a folder where whoever saw it can mend it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from opassay.harness.doors import demo
from opassay.harness.doors.demo import NUMPY, PACKAGE, PLANTED, REPORT, Demo
from opassay.harness.find.declared import read_declaration
from opassay.harness.find.located import module_file
from opassay.harness.find.manifest import built_in
from opassay.harness.find.registry import AdapterEntry, UsageError
from opassay.harness.judge.facts import versions_of

sys.path.insert(0, str(Path(__file__).parent / "reports"))
import records as made


def opassay(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What is typed in ``folder``, which is not on Python's path, as it is not for an installed command."""
    words = [sys.executable, "-P", "-m", *command.split()]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("shown")
    return folder, opassay(folder, "opassay demo --target numpy")


def test_the_planted_mistake_is_found_shrunk_explained_and_told(shown) -> None:
    folder, done = shown
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout[done.stdout.index("What you saw:") :].splitlines()
    assert re.fullmatch(r"  numpy: \d+ answers judged, no new difference", told[1])
    assert re.match(
        r"  planted: \d+ answers judged, \d+ of them wrong; smallest case of \d\d? elements in fin", told[2]
    )
    assert "SAME puts the odd row and column of padding at the beginning" in told[2]
    assert told[3] == "Open opassay-demo/opassay-report/report.html"
    assert "The run itself ends with status 1" in told[4]
    assert "exit status 1: " in done.stdout
    assert (folder / told[3].removeprefix("Open ")).is_file()
    assert list((folder / "opassay-demo" / REPORT / "findings").glob("*/repro_planted.py"))
    assert "1 of 1 script reproduce" in done.stdout, done.stdout


def test_its_commands_can_be_typed_and_what_is_mended_is_green(shown) -> None:
    folder, done = shown
    inside = folder / "opassay-demo"
    again = opassay(inside, re.search(r"^Next: (opassay replay .*)$", done.stdout, re.MULTILINE)[1])
    assert again.returncode == 1, again.stderr
    assert "planted: structural" in again.stdout
    source = inside / PACKAGE / "adapter.py"
    text = source.read_text(encoding="utf-8")
    assert text.count("# MISTAKE: ") == 1
    source.write_text(
        text.replace("return (total - total // 2, total // 2)", "return (total // 2, total - total // 2)")
    )
    mended = opassay(inside, done.stdout.splitlines()[-1].strip())
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "No new difference" in mended.stdout
    refused = opassay(folder, "opassay demo --target numpy")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "adapter.py exists and holds something else; remove opassay-demo or choose another --out" in refused.stderr


@pytest.mark.parametrize("honest", [*built_in(), NUMPY], ids=lambda entry: entry.name)
def test_the_planted_adapter_of_every_framework_is_a_class_of_its_own(honest: AdapterEntry, tmp_path: Path) -> None:
    demo._write(Demo(honest), tmp_path)
    declared = read_declaration(tmp_path / PACKAGE / "adapter.py", "Planted")
    assert (declared.name, declared.modes) == (PLANTED, honest.modes[:1])
    written = {path.name for path in (tmp_path / PACKAGE).iterdir()}
    own = {"honest.py"} if honest is NUMPY else {"known.py"} if honest.known else set()
    assert written == {"__init__.py", "adapter.py", *own}
    for path in (tmp_path / PACKAGE).iterdir():
        compile(path.read_text(encoding="utf-8"), path.name, "exec")


def test_what_is_known_of_a_framework_covers_the_planted_one_in_any_version(tmp_path, monkeypatch) -> None:
    (torch,) = [entry for entry in built_in() if entry.name == "torch"]
    demo._write(Demo(torch), tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    there, known = importlib.import_module(torch.known).KNOWN, importlib.import_module(f"{PACKAGE}.known").KNOWN
    assert [(k.id, k.when) for k in known] == [(k.id, k.when) for k in there]
    assert not versions_of(known)
    assert versions_of(there)


def test_it_is_the_first_framework_that_is_installed_or_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AdapterEntry, "installed", property(lambda entry: entry.name in ("torch", "paddle")))
    assert demo._chosen("").name == "paddle"
    assert demo._chosen("torch").name == "torch"
    with pytest.raises(UsageError, match="needs jax, which is not installed"):
        demo._chosen("jax")
    monkeypatch.setattr(AdapterEntry, "installed", property(lambda entry: False))
    assert demo._chosen("") is NUMPY


@pytest.mark.parametrize(
    ("verdicts", "found", "status"),
    [
        ({"numpy": "pass", PLANTED: "structural"}, True, 0),
        ({"numpy": "pass", PLANTED: "structural"}, False, 1),
        ({"numpy": "pass", PLANTED: "pass"}, False, 1),
        ({"numpy": "structural", PLANTED: "structural"}, True, 1),
        ({"numpy": "unsupported", PLANTED: "structural"}, True, 1),
    ],
)
def test_it_ends_with_0_only_when_it_found_the_mistake_alone(verdicts, found, status, tmp_path, monkeypatch, capsys):
    finding = {"id": "f", "targets": [PLANTED], "records": 1, "elements": 5, "explained_by": "", "failed": 2, "runs": 2}
    finding |= {"reproductions": [], "suspect_oracle": False, "message": "", "threads": 1}
    run = made.run([made.shard(target=name) for name in verdicts], findings=[finding] * found)
    (tmp_path / REPORT).mkdir()
    made.write_folder(tmp_path / REPORT, [made.record(target=t, verdict=v) for t, v in verdicts.items()], run)
    monkeypatch.chdir(tmp_path)
    assert demo._conclude(Demo(NUMPY), Path("out"), "opassay run") == status
    assert "Open out/opassay-report/report.html" in capsys.readouterr().out


def test_an_adapter_in_the_current_folder_is_found_and_hides_nothing(tmp_path: Path, monkeypatch) -> None:
    for name in ("lies_here", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    assert module_file("lies_here") == tmp_path / "lies_here.py"
    assert sys.path[-1] == str(tmp_path)
    assert importlib.util.find_spec("numpy").origin != str(tmp_path / "numpy.py")
    with pytest.raises(UsageError, match="no module named 'lies_nowhere'"):
        module_file("lies_nowhere")
