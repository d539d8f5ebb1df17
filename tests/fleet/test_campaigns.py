"""Whole campaigns without Dask: the executor is a pool of threads of this process, the place is in its memory."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "run"))

from opassay.harness.doors.reporting import diff_command, report_command
from opassay.harness.find.located import UsageError
from opassay.harness.fleet import door
from opassay.harness.fleet.answer import shut_down
from opassay.harness.fleet.options import Options
from opassay.harness.fleet.place import Place
from opassay.harness.fleet.shelf import Shelf
from opassay.harness.hunt.hunter import Limits
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Request


class Threads:
    """As a cluster of one worker, which has no device but its processor."""

    dashboard = ""

    def __init__(self, pool):
        self.executor = lambda resources: pool

    def workers(self):
        return {"here": {"nthreads": 1, "resources": {}}}

    def threads(self):
        return 1

    def having(self, resources):
        return [] if resources else ["here"]

    def on_each(self, work, arguments):
        return {worker: work(*given) for worker, given in arguments.items()}

    def memory(self):
        return 4 * 2**30

    def alive(self):
        return True


@contextmanager
def threads(address):
    with ThreadPoolExecutor(1) as pool:
        yield Threads(pool)
    shut_down()


@pytest.fixture
def place(request, monkeypatch):
    monkeypatch.setattr(door, "connected", threads)
    return f"memory://{request.node.name}-{time.monotonic_ns()}"


def campaign(place, adapter, target, op, aspect="value", cases=None, **options):
    settings = Settings(cases=cases)
    request = Request(targets=[target], adapters=[f"planted:{adapter}"], ops=[op], aspects=[aspect], settings=settings)
    return door.campaign_command(request, Options("local", place, size=32, **options))


def test_an_endless_stream_ends_at_its_findings_and_is_gone_on_with_where_it_stopped(place, capsys, monkeypatch):
    # One failure is shrunk, and nothing more is looked for.
    monkeypatch.setattr("opassay.harness.fleet.course.limits", lambda findings: Limits(findings, seconds=1.0))

    def once(**options):
        status = campaign(place, "SwappedStrides", "swapped_strides", "conv2d", **options)
        run = json.loads(Place(place).read("run.json"))
        return status, run, set(Shelf(Place(place)).tasks()), list(Shelf(Place(place)).sorted_records())

    status, run, first, records = once(until=1, findings=1)
    assert status == 1
    assert run["status"] == "finished"
    assert sum(shard["planned"] for shard in run["shards"]) == len(records)
    (finding,) = run["findings"]
    assert Place(place).read(f"findings/{finding['id']}/finding.json") is not None
    assert b"swapped" in Place(place).read("report.html")
    told = [record for record in records if record.new and record.explained_by]
    assert told
    assert {record.confirmed for record in told} == {"yes"}
    _, run, second, more = once(seconds=1, findings=0, resume=True)
    assert first < second
    assert len(more) > len(records)
    assert run["budget"] == 1
    assert [r for r in more if r.explained_by] == told
    assert f"report: {place}/report.html" in capsys.readouterr().out
    assert report_command([place]) == 0
    assert diff_command(place, place, "", None) == 0
    assert "still there" in capsys.readouterr().out


def test_a_target_whose_device_no_worker_has_is_told_before_anything_is_run(place):
    with pytest.raises(UsageError, match="honest@cuda:0: no worker has the resource cuda=1: nothing would run"):
        campaign(place, "Honest", "honest@cuda:0", "matmul", cases=4)
    assert Place(place).read("run.json") is None


def test_a_worker_that_lacks_the_framework_is_refused(place, monkeypatch):
    def lacking(asked):
        raise UsageError("target 'honest' needs honesty, which is not installed")

    monkeypatch.setattr("opassay.harness.fleet.inspect.crew", lacking)
    with pytest.raises(UsageError, match="worker here: target 'honest' needs honesty"):
        campaign(place, "Honest", "honest", "matmul", cases=4)


def test_an_interrupted_campaign_tells_what_it_has_and_resumes(place, monkeypatch, capsys):
    taken = door.FleetRun.take

    def interrupting(self, done):
        taken(self, done)
        raise KeyboardInterrupt

    monkeypatch.setattr(door.FleetRun, "take", interrupting)
    assert campaign(place, "Honest", "honest", "matmul", cases=96) == 130
    assert "interrupted" in capsys.readouterr().err
    assert len(list(Shelf(Place(place)).tasks())) >= 1
    monkeypatch.setattr(door.FleetRun, "take", taken)
    with pytest.raises(UsageError, match=r"other settings \(cases\)"):
        campaign(place, "Honest", "honest", "matmul", cases=97, resume=True)
    assert campaign(place, "Honest", "honest", "matmul", cases=96, resume=True) == 0
    assert sum(task.stop - task.start for task in Shelf(Place(place)).tasks()) == 96
