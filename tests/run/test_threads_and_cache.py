"""One thread and several; and where compiled programs are kept between runs."""

import os
from pathlib import Path

import platformdirs
import pytest

from opassay.harness.doors.commands import run_command
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import SPLIT, Settings, Shard, halves
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.machine import usable_cores
from opassay.harness.run.process import WorkerSpec
from opassay.harness.run.run import Run
from opassay.harness.store.cache import VARIABLE, cache_folder, prune

RELU = Registry().op("relu")


def shard(start, stop):
    return Shard(RELU, "value", Target("torch", "eager"), start, stop)


@pytest.mark.parametrize(("start", "stop"), [(0, SPLIT), (0, SPLIT + 1), (7, 300)])
def test_both_halves_together_are_the_shard(start, stop):
    (first,), (second,) = halves([shard(start, stop)])
    assert (first.start, first.stop) == (start, second.start)
    assert second.stop == stop
    assert abs((second.stop - second.start) - (first.stop - first.start)) <= 1
    assert first.planned(2) + second.planned(2) == shard(start, stop).planned(2)


def test_a_short_shard_is_not_split():
    assert halves([shard(0, SPLIT - 1)]) == ([shard(0, SPLIT - 1)], [])


def test_a_run_uses_one_thread_first_and_all_cores_then(tmp_path):
    settings = Settings(cases=SPLIT, fills=1)
    campaign = Campaign(Request(targets=["torch"], ops=["relu"], aspects=["value"], settings=settings))
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(Run(campaign, tmp_path).execute(engine))
    several = f"ATen, {usable_cores()} threads" if usable_cores() > 1 else "ATen"
    assert {r.executor for r in records if r.verdict == "pass" and r.number < SPLIT // 2} == {"ATen"}
    assert {r.executor for r in records if r.verdict == "pass" and r.number >= SPLIT // 2} == {several}
    assert len(records) == sum(s.planned(1) for s in campaign.shards)


def test_the_cache_is_named_by_the_variable_and_by_the_processor(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    folder = Path(cache_folder())
    assert folder.parent == tmp_path
    assert not folder.exists()
    monkeypatch.delenv(VARIABLE)
    assert Path(cache_folder()).name == folder.name
    assert "opassay" in cache_folder()


def test_the_cache_can_be_turned_off_and_workers_are_told_either_way(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "off")
    assert cache_folder() == "off"
    assert WorkerSpec("m:C", "eager").environment()[VARIABLE] == "off"
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert WorkerSpec("m:C", "eager").environment()[VARIABLE].startswith(str(tmp_path) + os.sep)


def test_a_worker_knows_its_mode_before_it_imports_anything():
    assert WorkerSpec("m:C", "eager").environment()["OPASSAY_MODE"] == "eager"
    assert WorkerSpec("m:C", "compile").environment()["OPASSAY_MODE"] == "compile"


@pytest.mark.parametrize(("target", "kept"), [("jax", "*-cache"), ("tensorflow:xla", "*.pb")])
def test_a_second_run_finds_what_the_first_compiled_and_answers_the_same(monkeypatch, tmp_path, target, kept):
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def run():
        campaign = Campaign(Request(targets=[target], ops=["conv2d"], aspects=["value"], settings=Settings(cases=6)))
        with campaign.engine() as engine:
            check_devices(engine)
            found = {(r.number, r.case_id): (r.verdict, r.rho, r.message) for r in engine.run(campaign.shards)}
        return found, sorted(p.name for p in Path(cache_folder()).rglob(kept))

    first, compiled = run()
    assert compiled
    second, again = run()
    assert (second, again) == (first, compiled)


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    for age, name in enumerate(("new", "old", "older")):
        path = tmp_path / "jax" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 100)
        os.utime(path, (1e9 - age, 1e9 - age))
    os.utime(tmp_path / "jax" / "older", (2e9, 1e9))
    prune(str(tmp_path), most=250)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["new", "older"]
    prune(str(tmp_path), most=0)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_nothing_is_deleted_where_nothing_is_kept(monkeypatch, tmp_path):
    (tmp_path / "off").mkdir()
    (tmp_path / "off" / "mine").write_text("stays")
    monkeypatch.chdir(tmp_path)
    prune("off", most=0)
    prune(str(tmp_path / "absent"), most=0)
    assert (tmp_path / "off" / "mine").exists()


def test_no_program_waits_for_a_lock_to_be_kept(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    campaign = Campaign(Request(targets=["jax"], ops=["relu"], aspects=["value"], settings=Settings(cases=2)))
    with campaign.engine() as engine:
        check_devices(engine)
        assert list(engine.run(campaign.shards))
    names = [p.name for p in Path(cache_folder()).rglob("*") if p.is_file()]
    assert names
    assert not [name for name in names if name.endswith(("-atime", ".lockfile"))]


@pytest.fixture
def no_folder(tmp_path):
    """A place in which no folder can be made, whoever asks."""
    (tmp_path / "file").write_text("in the way")
    return tmp_path / "file"


def test_a_cache_that_cannot_be_written_is_told_in_one_line_and_done_without(monkeypatch, no_folder, tmp_path, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *names, **more: no_folder / "opassay")
    request = Request(targets=["onnxruntime"], ops=["relu"], aspects=["value"], settings=Settings(cases=2))
    assert run_command(request, tmp_path / "out", False, False, 0) == 0
    said = capsys.readouterr().err
    [line] = [line for line in said.splitlines() if "not kept" in line]
    assert line.startswith(f"compiled programs are not kept for the next run: cannot write in {no_folder}")
    assert line.endswith(f"Not a directory; {VARIABLE} names another folder")
    campaign = Campaign(request)
    assert campaign._spec(campaign.targets[0]).environment()[VARIABLE] == "off"
    assert str(no_folder) not in (tmp_path / "out" / "run.json").read_text()


def test_a_cache_that_was_named_and_cannot_be_written_is_refused(monkeypatch, no_folder):
    monkeypatch.setenv(VARIABLE, str(no_folder / "mine"))
    with pytest.raises(UsageError, match=f"^{VARIABLE}: cannot write in .*: Not a directory; name another folder, or"):
        Campaign(Request(targets=["onnxruntime"], ops=["relu"]))


def test_a_cache_that_can_be_written_is_used_and_left_as_it_was(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "new"))
    campaign = Campaign(Request(targets=["onnxruntime"], ops=["relu"]))
    assert campaign.uncached == ""
    assert campaign._spec(campaign.targets[0]).environment()[VARIABLE] == cache_folder()
    assert Path(cache_folder()).is_dir()
    assert not list(Path(cache_folder()).iterdir())
