"""Whenever the parent is killed: its workers end, and resuming gives the table of an uninterrupted run."""

from __future__ import annotations

import random
import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from interrupted import command, kill, recorded, run, start, table, wait_until

MOMENTS, RUNS = 4, 1
"""Kills, and the runs that they are spread over: each run is killed and gone on with several times."""

RUN = command("planted:Slow", "--target", "slow", "--cases", "24")
"""Long enough for two halves, of which the second has workers of its own."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    done = run(folder, RUN)
    assert done.returncode == 0, done.stderr
    return table(folder)


def killed(folder: Path, arguments: list[str], draw: random.Random, records: int) -> int:
    """Start a run, kill it soon after so many records, and say how many workers it had, all of which have ended."""
    parent = start(folder, arguments)
    wait_until(lambda: (folder / "out" / "journal.jsonl").exists() and recorded(folder) >= records)
    time.sleep(draw.random() / 10)
    children, left = kill(parent, signal.SIGKILL)
    assert left == []
    return len(children)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(RUNS))
def test_sigkill_at_random_moments_and_resumed_each_time(whole, tmp_path, seed):
    draw, had_workers, before = random.Random(seed), 0, b""
    journal = tmp_path / "out" / "journal.jsonl"
    # Near its end a run closes its workers: only the last kill may fall there.
    moments = [*sorted(draw.sample(range(len(whole) * 2 // 3), MOMENTS // RUNS - 1)), len(whole)]
    for number, records in enumerate(moments):
        had_workers += killed(tmp_path, [*RUN, "--resume"] if number else RUN, draw, records) > 0
        assert journal.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
        before = journal.read_bytes()
    done = run(tmp_path, [*RUN, "--resume"])
    assert done.returncode == 0, done.stderr
    assert table(tmp_path) == whole
    after = journal.read_bytes()
    assert after.startswith(before[: before.rfind(b"\n") + 1])
    assert after.count(b"\n") == len(whole) + 1
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []
    assert had_workers >= len(moments) // 2


@pytest.mark.parametrize("mode", ["loops_in_native_code", "loops_in_python", "stops"])
def test_a_worker_in_an_endless_loop_ends_with_its_parent(tmp_path, mode):
    parent = start(tmp_path, command("faulty:Faulty", "--target", f"faulty:{mode}", "--timeout", "1000"))
    # Its worker has said hello; the third pin, the first of int32, never ends, and no record says when it began.
    assert any("ready" in line for line in parent.stderr)
    wait_until(lambda: recorded(tmp_path) == 2)
    time.sleep(3)
    assert recorded(tmp_path) == 2
    children, left = kill(parent, signal.SIGKILL)
    assert children
    assert left == []
