"""Workers are forked from a process that has imported the framework, and differ in nothing from others."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from interrupted import command, kill, start, wait_until, workers  # noqa: E402

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's threads and sends descriptors")
ENDS = ("segfaults", "exits", "leaves_child")


@pytest.fixture(autouse=True)
def imports(tmp_path, monkeypatch):
    """Where each process that imports the adapter writes its number."""
    path = tmp_path / "imports"
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("OPASSAY_TEST_IMPORTS", str(path))
    return path


def asked(mode, observe=lambda engine, workers: None):
    """What is told of each case of a run whose int32 products end the worker, and all workers that it had."""
    request = Request([f"counted:{mode}"], ["matmul"], ["value"], ["counted:Counted"], settings=Settings(cases=32))
    workers, found = set(), []
    campaign = Campaign(request)
    with campaign.engine() as engine:
        check_devices(engine)
        (lane,) = engine.lanes.values()
        engine.heard = lambda lane, job, answers: workers.add(lane.process and lane.process.pid)
        for record in engine.run(campaign.shards):
            found.append((record.number, record.case_id, record.verdict, record.error_type, record.confirmed))
            observe(engine, workers)
        assert lane.usable, lane.state
    return sorted(found), workers - {None, 0}


def status(process):
    try:
        return process.status()
    except psutil.Error:
        return ""


def servers(engine):
    return list(engine._starts._servers.values())


@LINUX
@pytest.mark.parametrize("mode", ENDS)
def test_a_framework_is_imported_once_however_many_workers_end(imports, monkeypatch, mode):
    forked, workers = asked(mode)
    assert len(workers) > 3
    assert len(imports.read_text().split()) == 1
    assert Counter(verdict for _, _, verdict, _, _ in forked)["crash"] >= 2
    monkeypatch.setenv("OPASSAY_TEST_THREAD", "yes")
    imports.unlink()
    started, workers = asked(mode)
    assert len(imports.read_text().split()) >= len(workers) > 3, "a process with a thread is not forked"
    assert forked == started


@LINUX
@pytest.mark.parametrize(("made", "times"), [("yes", 1), ("", 3)])
def test_an_adapter_may_have_one_import_whatever_its_threads(imports, monkeypatch, made, times):
    monkeypatch.setenv("OPASSAY_TEST_WHEN_MADE", made)
    request = Request(["counted:sound"], ["matmul"], ["value"], ["counted:Counted"], settings=Settings(cases=1))
    with Campaign(request).engine() as engine:
        check_devices(engine)
        (lane,) = engine.lanes.values()
        for count in (2, 3):
            engine.use_threads(count)
            assert lane.settings["threads"] == f"{count} {count}"
    assert len(imports.read_text().split()) == times


@pytest.mark.parametrize("thread", ["", pytest.param("yes", marks=LINUX)])
def test_a_worker_ends_without_finalizing_its_framework(monkeypatch, tmp_path, thread):
    monkeypatch.setenv("OPASSAY_TEST_FINALIZED", str(tmp_path / "finalized"))
    if thread:
        monkeypatch.setenv("OPASSAY_TEST_THREAD", thread)
    request = Request(["counted:sound"], ["matmul"], ["value"], ["counted:Counted"], settings=Settings(cases=1))
    with Campaign(request).engine() as engine:
        check_devices(engine)
        (lane,) = engine.lanes.values()
        process = lane.process
        lane.close()
    assert process.how_it_ended() == "exit 0"
    assert not (tmp_path / "finalized").exists()


@LINUX
def test_what_a_failing_import_prints_and_raises_is_told_as_of_any_worker(imports, monkeypatch):
    monkeypatch.setenv("OPASSAY_TEST_IMPORT_FAILS", "yes")
    request = Request(["counted:sound"], ["matmul"], ["value"], ["counted:Counted"], settings=Settings(cases=1))
    with Campaign(request).engine() as engine:
        check_devices(engine)
        (lane,) = engine.lanes.values()
        assert not lane.usable
        assert "libframework.so is missing" in lane.state
    assert len(imports.read_text().split()) == 1


@LINUX
def test_a_server_that_is_killed_costs_no_answer():
    killed = []

    def kill_it(engine, workers):
        for server in servers(engine):
            if len(workers) > 2 and server.usable and not killed:
                killed.append(server)
                os.kill(server._process.pid, signal.SIGKILL)

    told, _ = asked("segfaults", kill_it)
    assert killed
    assert not killed[0].usable
    expected, _ = asked("segfaults")
    assert told == expected


@LINUX
def test_who_is_told_to_end_before_it_began_ends(imports):
    """A lane may be closed before the server has answered."""
    seen = []

    def forget(engine, workers):
        (lane,) = engine.lanes.values()
        if lane.state == "starting" and not seen:
            lane.kill()
            lane.start()
            seen.append(lane.process)

    told, _ = asked("segfaults", forget)
    assert seen
    assert told


@LINUX
def test_forked_workers_end_with_the_run_that_is_killed(tmp_path, imports):
    """Not because their input ends: one that is stopped does not see that."""
    options = ["--cases", "400", "--timeout", "2"]
    parent = start(tmp_path, command("counted:Counted", "--target", "counted:stops", *options))
    seen: list[psutil.Process] = []

    def server_and_stopped_worker() -> bool:
        seen[:] = workers(parent)
        return len(seen) > 1 and psutil.STATUS_STOPPED in map(status, seen)

    wait_until(server_and_stopped_worker)
    kill(parent, signal.SIGKILL)
    assert psutil.wait_procs(seen, 10)[1] == []
