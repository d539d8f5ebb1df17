"""A campaign without a cluster: tasks, the dataset, and what one process answers."""

from __future__ import annotations

import sys
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reports"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "run"))
from records import record

from opassay.harness.find.located import UsageError
from opassay.harness.fleet import answer as answering
from opassay.harness.fleet.answer import Asked, answer
from opassay.harness.fleet.drive import Drive, Lost
from opassay.harness.fleet.inspect import Seen, State, differing, source, told_problem
from opassay.harness.fleet.options import Options
from opassay.harness.fleet.parts import in_order, part_bytes
from opassay.harness.fleet.place import Place
from opassay.harness.fleet.run import FleetRun
from opassay.harness.fleet.scheduler import connected, resources_of, together
from opassay.harness.fleet.shelf import Shelf
from opassay.harness.fleet.tasks import Task, check_size, endless, finite, of_file, shard_of
from opassay.harness.plan.plan import Settings, cuts, halves
from opassay.harness.run.campaign import VERSION, Campaign, Request
from opassay.harness.run.run import both_halves
from opassay.reports.data.table import frame_of


def campaign(cases=96, **more) -> Campaign:
    return Campaign(
        Request(
            targets=["honest"],
            adapters=["planted:Honest"],
            ops=["matmul"],
            aspects=["value"],
            settings=Settings(cases=cases),
            **more,
        )
    )


def asked(own: Campaign, address: str) -> Asked:
    return Asked(own.request, None, 2**31, address)


@pytest.fixture
def place(request):
    """An address in this process' memory."""
    return Place(f"memory://{request.node.name}-{time.monotonic_ns()}")


def test_tasks_are_cut_into_the_batches_of_a_run():
    own = campaign(cases=200)
    of_a_run = Counter(
        (s.op.name, s.aspect, cut) for half in halves(own.shards) for s in half for cut in cuts(s.start, s.stop)
    )
    told = Counter((t.op, t.aspect, cut) for t in finite(own, 64) for cut in cuts(t.start, t.stop))
    assert told == of_a_run
    assert max(told.values()) == 1


def test_every_slice_of_an_endless_stream_comes_once_and_every_second_one_with_several_threads():
    own = campaign()
    tasks = [task for task, _ in zip(endless(own, 32), range(4 * len(own.shards)), strict=False)]
    assert len(set(tasks)) == len(tasks)
    assert [(task.start, task.stop) for task in tasks] == [(0, 32), (32, 64), (64, 96), (96, 128)]
    assert [task.threads for task in tasks] == [1, own.several, 1, own.several]


@pytest.mark.parametrize("label", ["torch:compile@cuda:0", "my/own target", "a%2Fb"])
def test_a_file_says_of_which_task_it_is(label):
    task = Task("conv2d", "value", label, 0, 64)
    assert of_file(f"somewhere/{task.file}") == task
    assert of_file("results/conv2d/value/torch/notes.txt") is None


@pytest.mark.parametrize("size", [0, 33, -32])
def test_a_shard_that_would_cut_batches_is_refused(size):
    with pytest.raises(UsageError, match="multiple of 32"):
        check_size(size)


def test_files_that_overlap_are_read_in_the_order_of_the_table(place):
    shelf, everything = Shelf(place), []
    for target, bounds in {"a": (0, 40, 100), "b": (0, 32, 64), "c": (0, 100)}.items():
        for start, stop in pairwise(bounds):
            numbers = [*range(start, stop), *([-1, None] if not start else [])]
            rows = [record(op=op, target=target, number=n) for op in ("conv2d", "add") for n in numbers]
            everything += rows
            for op in ("conv2d", "add"):
                own = [row for row in rows if row.op == op]
                place.write(Task(op, "value", target, start, stop).file, part_bytes(own, {}))
    tables = list(in_order(shelf.parts()))
    found = [(row["op"], row["number"], row["target"]) for table in tables for row in table.to_pylist()]
    expected = frame_of(everything)
    assert found == list(
        zip(
            expected["op"],
            expected["number"].astype(object).where(expected["number"].notna(), None),
            expected["target"],
            strict=True,
        )
    )
    assert max(table.num_rows for table in tables) < len(everything) / 2


def test_a_process_answers_as_a_run_does_and_writes_each_task_once(place):
    own = campaign(cases=64)
    with own.engine() as engine:
        engine.wait_ready()
        plain = frame_of(both_halves(own, engine))
    given = asked(own, place.text)
    tasks = list(finite(own, 32))
    # Twice: a lost worker's task is answered again.
    with ThreadPoolExecutor(1) as pool:
        for task in [*reversed(tasks), tasks[0]]:
            assert pool.submit(answer, given, task).result().files == {}
    answering.shut_down()
    shelf = Shelf(place)
    assert sorted(shelf.tasks()) == sorted(tasks)
    table = frame_of(shelf.sorted_records())
    assert table.drop(columns="seconds").equals(plain.drop(columns="seconds"))
    run = FleetRun(own, Path(), shelf, Options("local", place.text))
    run.take_up()
    assert run.counts.total == len(plain) == sum(run.begun.values())
    assert sum(own.planned(shard_of(own, task)) for task in tasks) == len(plain)


def test_a_file_that_was_cut_off_counts_as_none(place):
    shelf, task = Shelf(place), Task("matmul", "value", "honest", 0, 32)
    whole = part_bytes([record(op="matmul", target="honest", number=0)], {"records": 1})
    place.write(task.file, whole[: len(whole) // 2])
    assert list(shelf.told()) == []
    assert list(shelf.tasks()) == []
    place.write(task.file, whole)
    assert list(shelf.told()) == [(task, {"records": 1})]


def test_another_campaign_is_not_written_over_nor_gone_on_with(place):
    Shelf(place).begin({"seed": 0}, resume=False)
    with pytest.raises(UsageError, match="go on with --resume, or name another"):
        Shelf(place).begin({"seed": 0}, resume=False)
    with pytest.raises(UsageError, match=r"other settings \(seed\)"):
        Shelf(place).begin({"seed": 1}, resume=True)
    Shelf(place).begin({"seed": 0}, resume=True)


def drive(tasks, width=2, enough=lambda: False, alive=lambda: True):
    with ThreadPoolExecutor(1) as pool:
        submitted: list[Future] = []

        def submit(task):
            submitted.append(pool.submit(lambda: task.start))
            return submitted[-1]

        done = [task.start for task, _ in Drive(submit, lambda: width, enough, alive).run(tasks)]
    return done, submitted


def numbered(count):
    return [Task("matmul", "value", "honest", n, n + 1) for n in range(count)]


def test_all_tasks_are_driven_and_none_is_begun_once_it_is_enough():
    assert sorted(drive(numbered(9))[0]) == list(range(9))
    left = iter([False, False, False])
    done, submitted = drive(numbered(100), enough=lambda: next(left, True))
    assert 1 <= len(done) <= len(submitted) < 10


def test_nobody_waits_for_a_scheduler_that_is_gone():
    with pytest.raises(Lost):
        drive(numbered(9), alive=lambda: False)


def test_a_worker_that_differs_is_named_and_so_is_what_differs():
    own = f"{VERSION} ({source()})"
    ready = lambda version: {"torch": State("ready", {"version": version})}  # noqa: E731
    seen = {
        "one": Seen(own, "3.11", "a", targets=ready("2.13.0")),
        "two": Seen(own, "3.11", "b", targets=ready("2.12.0")),
    }
    assert list(differing(seen)) == ["worker two has torch 2.12.0, and one has 2.13.0: install the same on both"]
    assert told_problem("one", seen["one"]) == ""
    assert "worker one has opassay 0.0.9 (1234)" in told_problem("one", Seen("0.0.9 (1234)", "3.11", "a"))
    lacks = Seen(own, "3.11", "a", problem="target 'torch' needs torch, which is not installed")
    assert told_problem("one", lacks) == "worker one: target 'torch' needs torch, which is not installed"
    assert list(differing({"one": Seen(own, "3.11", "a", targets={"torch": State("it ended")})})) == [
        "worker one cannot start torch: it ended"
    ]


def test_a_device_is_a_resource_and_the_processor_needs_none():
    assert resources_of("cuda:1") == {"cuda": 1}
    assert resources_of("cpu") == {}
    assert together(["cpu", "cuda:0", "cuda:1"]) == {"cuda": 1}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere"])
def test_a_scheduler_that_nobody_can_reach_is_one_line(address, monkeypatch):
    monkeypatch.setattr("opassay.harness.fleet.scheduler.CONNECT", 0.2)
    with pytest.raises(UsageError, match=r"no scheduler answers|expects local"), connected(address):
        pass


def test_a_place_that_takes_nothing_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Exception, match="cannot write"):
        Place(str(tmp_path / "file")).write("results/a", b"")
    with pytest.raises(UsageError, match="cannot reach nosuch://there"):
        Place("nosuch://there")
