"""A baseline: fifty failures of an adapter from outside are adopted by one command, and a new one is red."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from opassay.harness.doors.commands import run_command
from opassay.harness.doors.known_update import known_update_command
from opassay.harness.doors.replay import replay_command
from opassay.harness.find.registry import UsageError
from opassay.harness.model.processors import kind_of
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Request
from opassay.harness.run.machine import instructions
from opassay.harness.store.baseline import read_baseline, write_baseline
from opassay.reports.data.table import read_table

HERE = str(Path(__file__).parent / "run")
sys.path.insert(0, HERE)
from planted_baseline import OLD  # noqa: E402

ADAPTER = "planted_baseline:Fifty"
CASES = 24
"""So many that relu meets each dtype that a planted mistake is about, with elements."""
ONE = {"ops": ["relu"], "targets": ["fifty"]}


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH")))))
    monkeypatch.chdir(tmp_path)


@dataclass
class Ran:
    status: int
    said: str
    folder: Path

    @property
    def known(self) -> dict[str, int]:
        """How many failing records there are by what covers them."""
        table = read_table(self.folder)
        failing = table[table["known"].ne("") | ~table["verdict"].isin(["pass", "unsupported", "undefined"])]
        return {str(known): int(count) for known, count in failing["known"].value_counts().items()}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def asked(bugs: str = OLD, baseline: Path | None = None, strict: bool = False, **more: object) -> Ran:
        monkeypatch.setenv("OPASSAY_TEST_BUGS", bugs)
        monkeypatch.setenv("OPASSAY_TEST_VERSION", str(more.get("version", "1")))
        request = Request(
            targets=more.get("targets", ["fifty", "fifty:again"]),  # type: ignore[arg-type]
            ops=more.get("ops", ["relu", "matmul"]),  # type: ignore[arg-type]
            aspects=["value", "error"],
            adapters=[ADAPTER],
            settings=Settings(cases=int(more.get("cases", CASES))),  # type: ignore[call-overload]
            baseline=baseline,
        )
        folder = tmp_path / "out"
        status = run_command(request, folder, False, strict, 0)
        return Ran(status, " ".join(capsys.readouterr().out.split()), folder)

    return asked


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Ran]]:
    """Where runs are kept that several tests begin with, and these runs."""
    return tmp_path_factory.mktemp("kept"), {}


@pytest.fixture
def first(
    run: Callable[..., Ran], kept: tuple[Path, dict[str, Ran]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Ran]:
    """A run without a baseline, in a folder of the test: run once, copied for each."""

    def seen(bugs: str = OLD, **more: object) -> Ran:
        monkeypatch.setenv("OPASSAY_TEST_BUGS", bugs)
        folder, runs = kept
        key = f"{bugs} {more}"
        if key not in runs:
            ran = run(bugs, **more)
            runs[key] = replace(ran, folder=folder / str(len(runs)))
            shutil.copytree(ran.folder, runs[key].folder)
            return ran
        shutil.copytree(runs[key].folder, tmp_path / "out")
        return replace(runs[key], folder=tmp_path / "out")

    return seen


FILE = Path("baseline.jsonl")
pytestmark = pytest.mark.slow


def update(capsys: pytest.CaptureFixture[str], folder: Path, file: Path = FILE) -> list[str]:
    assert known_update_command(folder, file, [ADAPTER]) == 0
    return capsys.readouterr().out.splitlines()


def test_fifty_failures_are_adopted_by_one_command(first, run, capsys) -> None:
    seen = first()
    assert seen.status == 1
    assert sum(seen.known.values()) >= 50
    told = update(capsys, seen.folder)
    lines = read_baseline(FILE)
    assert len(told) == len(lines) + 1
    assert all(set(line.modes) == {"eager", "again"} and line.versions == ("1",) for line in lines)
    assert {(line.op, line.verdict, line.cause) for line in lines} >= {
        ("relu", "rejects", ""),
        ("relu", "structural", ""),
        ("relu", "structural", "absolute_value"),
        ("matmul", "accepts", ""),
    }

    second = run(baseline=FILE, strict=True)
    assert second.status == 0, second.said
    assert "No new difference" in second.said
    assert set(second.known) == {line.id for line in lines}
    assert sum(second.known.values()) == sum(seen.known.values())
    before = FILE.read_bytes()
    assert update(capsys, second.folder)[-1].endswith("0 added, 0 dropped, 0 changed")
    assert FILE.read_bytes() == before


def test_a_new_bug_beside_adopted_ones_is_red(first, run, capsys) -> None:
    update(capsys, first().folder)
    third = run(f"{OLD},beside", baseline=FILE, **ONE)
    assert third.status == 1
    assert third.known[""] > 0
    wrong = read_table(third.folder)
    new = wrong[wrong["known"].eq("") & wrong["verdict"].eq("structural")]
    assert set(new["dtype"]) == {"float32"}


def test_what_is_mended_is_dropped_and_red_if_that_is_asked_for(first, run, capsys) -> None:
    update(capsys, first().folder)
    gone = {line.id for line in read_baseline(FILE) if (line.verdict, line.cause) == ("structural", "")}
    assert run("refuses,absolute,accepts", baseline=FILE).status == 0
    mended = run("refuses,absolute,accepts", baseline=FILE, strict=True)
    assert mended.status == 1
    for id in gone:
        assert f"known difference '{id}' no longer shows in its pinned case: fixed? opassay known update" in mended.said
        assert f"known difference '{id}' covers" in mended.said
    told = update(capsys, mended.folder)
    assert {line.split()[1] for line in told if line.startswith("-")} == gone
    assert not gone & {line.id for line in read_baseline(FILE)}


def test_what_another_kind_of_processor_showed_is_kept_and_not_red(first, run, capsys) -> None:
    update(capsys, first().folder)
    here = kind_of(instructions(), {})
    lines = read_baseline(FILE)
    assert {line.processors for line in lines} == {(here,)}
    write_baseline(FILE, [replace(line, processors=("another",)) for line in lines])
    mended = run("refuses,absolute,accepts", baseline=FILE, strict=True)
    assert mended.status == 0, mended.said
    assert "0 added, 0 dropped" in update(capsys, mended.folder)[-1]
    assert {line.processors for line in read_baseline(FILE)} == {("another",), tuple(sorted(("another", here)))}


def test_without_the_baseline_a_pin_among_the_cases_says_the_same(first, run, capsys) -> None:
    update(capsys, first().folder)
    told = update(capsys, run("refuses,absolute,accepts").folder)
    assert any(line.startswith("-") and "structural" in line for line in told)


def test_a_line_out_of_scope_is_kept(first, run, capsys) -> None:
    update(capsys, first().folder)
    before = read_baseline(FILE)
    update(capsys, run(OLD, ops=["relu"], targets=["fifty"], cases=3).folder)
    assert read_baseline(FILE) == before


def test_in_another_version_it_is_known_and_told_to_be_untested(first, run, capsys) -> None:
    update(capsys, first().folder)
    other = run(baseline=FILE, version="2", strict=True)
    assert other.status == 0, other.said
    table = read_table(other.folder)
    assert set(table[table["known"].ne("")]["version_untested"]) == {"yes"}
    update(capsys, other.folder)
    assert {line.versions for line in read_baseline(FILE)} == {("1", "2")}


def test_a_new_bug_is_red_also_in_a_version_that_no_line_names(first, run, capsys) -> None:
    update(capsys, first().folder)
    assert run(f"{OLD},other", baseline=FILE, version="2", **ONE).status == 1


def test_a_crash_is_covered_once_somebody_owns_it(run, capsys) -> None:
    told = update(capsys, run("aborts", **ONE).folder)
    assert told[-1] == "these cover nothing until somebody is written into them as owner: 1 crash"
    assert run("aborts", **ONE, baseline=FILE).status == 1
    [line] = read_baseline(FILE)
    text = FILE.read_text(encoding="utf-8").replace('"op":"relu","pin"', '"op":"relu","owner":"upstream","pin"')
    FILE.write_text(text, encoding="utf-8")
    owned = run("aborts", **ONE, baseline=FILE, strict=True)
    assert owned.status == 0, owned.said
    assert set(owned.known) == {line.id}
    assert update(capsys, owned.folder)[-1].endswith("0 added, 0 dropped, 0 changed")
    assert read_baseline(FILE)[0].owner == "upstream"


def test_another_message_is_another_difference(first, run, capsys) -> None:
    update(capsys, first("refuses", **ONE).folder)
    text = FILE.read_text(encoding="utf-8")
    assert "Expecting value: line # column #" in text
    FILE.write_text(text.replace("Expecting value", "Unexpected value"), encoding="utf-8")
    assert run("refuses", **ONE, baseline=FILE).status == 1


def test_a_baseline_beside_an_adapter_is_taken_by_itself(first, run, capsys, monkeypatch) -> None:
    update(capsys, first("plus", **ONE).folder)
    monkeypatch.setattr("opassay.harness.find.registry.Registry.baseline", lambda self, adapter: FILE)
    covered = run("plus", **ONE)
    assert covered.status == 0
    assert update(capsys, covered.folder, Path("mine.jsonl")) == ["mine.jsonl: 0 lines; 0 added, 0 dropped, 0 changed"]


def test_replay_and_list_name_the_line(first, capsys) -> None:
    from opassay.harness.doors.listed_known import Chosen
    from opassay.harness.doors.listing import list_command

    update(capsys, first("plus", **ONE).folder)
    lines = read_baseline(FILE)
    line = lines[0]
    Path("case.json").write_text(line.pin.dumps(), encoding="utf-8")
    request = Request(targets=["fifty"], adapters=[ADAPTER], baseline=FILE)
    assert replay_command(["case.json"], request, Path("out"), None) == 1
    assert f"known: {line.id}, owner: nobody" in capsys.readouterr().out
    assert list_command("known", [ADAPTER], Chosen(targets=("fifty",), baseline=FILE)) == 0
    told = capsys.readouterr().out.splitlines()
    assert sorted(row.split()[:2] for row in told) == sorted(["fifty", line.id] for line in lines)


def test_a_run_is_not_resumed_under_another_baseline(first, capsys) -> None:
    folder = first("plus", **ONE).folder
    update(capsys, folder)
    settings = Settings(cases=CASES)
    request = Request(["fifty"], ["relu"], ["value", "error"], [ADAPTER], settings=settings, baseline=FILE)
    with pytest.raises(UsageError, match="with other settings \\(baseline\\)"):
        run_command(request, folder, True, False, 0)


def test_what_cannot_be_written_leaves_the_file(first, capsys, monkeypatch) -> None:
    folder = first("plus", **ONE).folder
    update(capsys, folder)
    before = FILE.read_bytes()
    monkeypatch.setattr("opassay.harness.store.files.os.replace", _full)
    with pytest.raises(UsageError, match="what was in it is still there"):
        known_update_command(folder, FILE, [ADAPTER])
    assert FILE.read_bytes() == before


def _full(draft: Path, path: Path) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_without_a_run_is_one_line(folder) -> None:
    with pytest.raises(UsageError, match="no results table"):
        known_update_command(Path(folder), FILE, [])
    assert not FILE.exists()


def test_a_strange_run_is_one_line(first, capsys) -> None:
    folder = first("plus", **ONE).folder
    told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps({**told, "known": [3]}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"run\.json"):
        known_update_command(folder, FILE, [ADAPTER])


def test_a_baseline_of_an_op_that_is_gone_is_one_line(first, run, capsys) -> None:
    update(capsys, first("plus", **ONE).folder)
    FILE.write_text(FILE.read_text(encoding="utf-8").replace('"op":"relu"', '"op":"rule"'), encoding="utf-8")
    with pytest.raises(UsageError, match=r"'baseline\.jsonl' cannot be used: .* no op has the name or trait 'rule'"):
        run("plus", **ONE, baseline=FILE)


def test_writing_what_was_read_changes_nothing(run, capsys) -> None:
    update(capsys, run(targets=["fifty"]).folder)
    before = FILE.read_bytes()
    write_baseline(FILE, reversed(read_baseline(FILE)))
    assert FILE.read_bytes() == before
