"""Ctrl-C, once and twice, and SIGTERM: what is known so far is in the table, uncorrupted, ``--resume`` completes it."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from opassay.harness.doors import cli

sys.path.insert(0, str(Path(__file__).parent))
from interrupted import command, recorded, run, start, table, wait_until, workers

RUN = command("planted:Slow", "--target", "slow", "--cases", "40")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert run(folder, RUN).returncode == 0
    return table(folder)


def interrupted(folder, records, how=signal.SIGINT):
    parent = start(folder, RUN)
    wait_until(lambda: recorded(folder) >= records)
    children = workers(parent)
    assert children
    parent.send_signal(how)
    return parent, children


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_all_that_is_known_and_resume_completes_it(whole, tmp_path, how):
    parent, children = interrupted(tmp_path, 20, how)
    out, err = parent.communicate(timeout=300)
    assert parent.returncode == 130, err
    assert psutil.wait_procs(children, 5)[1] == []
    assert "interrupted" in err
    assert "Traceback" not in out + err
    so_far = table(tmp_path)
    assert 20 <= len(so_far) == recorded(tmp_path) < len(whole)
    assert all(row in whole for row in so_far)
    assert json.loads((tmp_path / "out" / "run.json").read_text())["status"] == "interrupted"
    assert "interrupted" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert run(tmp_path, [*RUN, "--resume"]).returncode == 0
    assert table(tmp_path) == whole


@pytest.mark.share(2)
@pytest.mark.parametrize("delay", [0.0, 0.2])
def test_a_second_ctrl_c_while_writing_leaves_the_old_files_or_the_new_ones(whole, tmp_path, delay):
    parent, children = interrupted(tmp_path, 5)
    time.sleep(delay)
    if parent.poll() is None:
        parent.send_signal(signal.SIGINT)
    out, err = parent.communicate(timeout=300)
    # At its very end Python leaves the signal to the system, which a shell shows as 130 too.
    assert parent.returncode in (130, -signal.SIGINT), err
    assert psutil.wait_procs(children, 5)[1] == []
    assert "Traceback" not in out + err
    if (tmp_path / "out" / "results.csv").exists():
        assert len(table(tmp_path)) == recorded(tmp_path)
    if (tmp_path / "out" / "run.json").exists():
        json.loads((tmp_path / "out" / "run.json").read_text())
    assert run(tmp_path, [*RUN, "--resume"]).returncode == 0
    assert table(tmp_path) == whole


def test_ctrl_c_is_not_lost_where_nothing_can_be_raised(monkeypatch, capsys):
    class Deaf:
        def __del__(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "unraisablehook", cli._without_ctrl_c)
    Deaf()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(5)
    assert capsys.readouterr().err == ""
