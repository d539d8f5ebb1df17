"""A real scheduler and two worker processes: the table of a run without one, whoever is lost in the middle."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).parent))
from cluster import ByHand
from interrupted import command, run, start, table, wait_until

RUN = command("planted:Slow", "--target", "slow", "--cases", "128")
CAMPAIGN = [*RUN, "--shard", "32"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert run(folder, RUN).returncode == 0
    return judged(folder)


FIGURES = ("rho", "max_abs_error", "max_ulp")
"""What the order of NumPy's sums says, which is another with other threads."""


def judged(folder: Path) -> list[dict[str, str]]:
    return [{name: value for name, value in row.items() if name not in FIGURES} for row in table(folder)]


def shards(folder: Path) -> int:
    return len(list((folder / "out" / "results").rglob("*.parquet")))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with ByHand(tmp_path_factory.mktemp("cluster"), 2) as cluster:
        yield cluster


def test_a_worker_killed_in_the_middle_leaves_the_table_as_it_is_without_a_scheduler(whole, cluster, tmp_path):
    parent = start(tmp_path, [*CAMPAIGN, "--scheduler", cluster.address])
    wait_until(lambda: shards(tmp_path) >= 1)
    cluster.workers[0].send_signal(signal.SIGKILL)
    out, err = parent.communicate(timeout=300)
    assert parent.returncode == 0, out + err
    assert "2 workers" in err
    assert shards(tmp_path) == 4
    assert judged(tmp_path) == whole


def test_the_doctor_says_what_each_worker_is(cluster, tmp_path):
    asked = ["doctor", "--scheduler", cluster.address, "--adapter", "planted:Slow", "--target", "slow"]
    done = run(tmp_path, [*RUN[:3], *asked])
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = done.stdout.splitlines()[-2:]
    assert re.fullmatch(r"tcp://\S+ on \S+: opassay \S+ \(\w{12}\), Python \S+, 1 at a time", first)
    assert second == "    slow: 1, devices: cpu"


@pytest.mark.whole
def test_a_scheduler_lost_in_the_middle_leaves_what_resume_completes(whole, cluster, tmp_path):
    parent = start(tmp_path, [*CAMPAIGN, "--scheduler", cluster.address])
    wait_until(lambda: shards(tmp_path) >= 1)
    cluster.scheduler.send_signal(signal.SIGKILL)
    out, err = parent.communicate(timeout=300)
    assert parent.returncode == 2, out + err
    last = err.strip().splitlines()[-1]
    assert last.startswith(f"opassay: the scheduler at {cluster.address} is lost; ")
    assert last.endswith("go on with --resume")
    left = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "results").rglob("*.parquet")}
    assert 1 <= len(left) < 4
    assert json.loads((tmp_path / "out" / "run.json").read_text())["status"] == "interrupted"
    done = run(tmp_path, [*CAMPAIGN, "--scheduler", "local:1", "--resume"])
    assert done.returncode == 0, done.stderr
    assert "1 worker; dashboard: http://127.0.0.1:" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in left} == left
    assert judged(tmp_path) == whole
