"""A report folder that a stranger wrote: ``opassay report`` and ``opassay diff`` show it or refuse it in one line."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from opassay.harness.doors.cli import run_cli
from opassay.harness.doors.commands import run_command
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Request


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    with pytest.MonkeyPatch.context() as patch:
        home = str(Path(__file__).parent / "run")
        patch.syspath_prepend(home)
        patch.setenv("PYTHONPATH", home)
        request = Request(["refuses"], ["matmul"], ["value"], ["planted:Rejects"], settings=Settings(cases=2))
        assert run_command(request, folder, resume=False, strict=False, findings=0) == 1
    return folder


def changed(*place, value):
    """A change of one place in run.json."""

    def change(text):
        run = json.loads(text)
        at = run
        for name in place[:-1]:
            at = at[name]
        at[place[-1]] = value
        return json.dumps(run).encode()

    return change


WRONG = {
    "deep": lambda text: b"[" * 10**5,
    "not UTF-8": lambda text: b"\xff" + text,
    "NUL": lambda text: b"\0" * 50,
    "a million digits": lambda text: b'{"shards":[],"seed":' + b"9" * 10**6 + b"}",
    "a list": lambda text: b"[]",
    "no shards": lambda text: b'{"__class__":"os.system"}',
    "shards of nothing": changed("shards", value=[None]),
    "shards of text": changed("shards", value="x"),
    "text for a plan": changed("shards", 0, "planned", value="many"),
    "an op of lists": changed("shards", 0, "op", value=[]),
    "a target of numbers": changed("targets", "refuses", value=7),
    "settings of a list": changed("targets", "refuses", "settings", value=[1]),
    "known of numbers": changed("known", value=[1]),
}


@pytest.fixture
def opassay(monkeypatch, capsys):
    def go(*arguments):
        monkeypatch.setattr(sys, "argv", ["opassay", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            run_cli()
        return left.value.code, capsys.readouterr().err

    return go


@pytest.mark.parametrize("kind", WRONG)
def test_a_hostile_run_file_is_refused_in_one_line(sound, tmp_path, opassay, kind):
    folder = tmp_path / "out"
    shutil.copytree(sound, folder)
    (folder / "run.json").write_bytes(WRONG[kind]((sound / "run.json").read_bytes()))
    status, told = opassay("report", folder)
    assert (status, len(told.splitlines())) == (2, 1), told
    assert told.startswith("opassay: ")


@pytest.mark.parametrize("name", ["results.parquet", "results.csv"])
@pytest.mark.parametrize("content", [b"", b"\0" * 99, b"\xff\xfe", b"PAR1" + b"\xff" * 40 + b"PAR1", b"a,b\r\n" * 9])
def test_a_hostile_table_is_refused_in_one_line(sound, tmp_path, opassay, name, content):
    folder = tmp_path / "out"
    shutil.copytree(sound, folder)
    (folder / "results.parquet").unlink()
    (folder / name).write_bytes(content)
    for arguments in (("report", folder), ("diff", folder, sound)):
        status, told = opassay(*arguments)
        assert (status, len(told.splitlines())) == (2, 1), told


def test_the_folder_that_is_varied_is_sound(sound, opassay):
    assert opassay("report", sound) == (0, "")
