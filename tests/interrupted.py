"""``opassay run`` in a process of its own, to be killed or interrupted, and what it leaves behind."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
ADAPTERS = ROOT / "tests" / "run"


def command(adapter: str, *more: str) -> list[str]:
    options = ["--adapter", adapter, "--op", "matmul", "--aspect", "value", "--out", "out", *more]
    return [sys.executable, "-m", "opassay", "run", *options]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ADAPTERS}", "OPASSAY_CACHE": "off"}


def run(folder: Path, arguments: list[str], **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=False, **more
    )


def start(folder: Path, arguments: list[str]) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(arguments, cwd=folder, env=environment(), text=True, start_new_session=True, **pipes)


def table(folder: Path) -> list[dict[str, str]]:
    """All of results.csv but ``seconds``, which a clock says."""
    with (folder / "out" / "results.csv").open(newline="", encoding="utf-8") as stream:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(stream)]


def recorded(folder: Path) -> int:
    """Whole records in the journal."""
    path = folder / "out" / "journal.jsonl"
    return max(0, path.read_bytes().count(b"\n") - 1) if path.exists() else 0


def wait_until(true, limit: float = 120.0) -> None:
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def workers(parent: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(parent.pid).children(recursive=True)


def kill(
    parent: subprocess.Popen[str], sent: signal.Signals, limit: float = 10.0
) -> tuple[list[psutil.Process], list[psutil.Process]]:
    """Send ``parent`` the signal; its workers, and those that are still there ``limit`` seconds after its end."""
    children = workers(parent) if parent.poll() is None else []
    parent.send_signal(sent)
    parent.communicate(timeout=300)
    return children, psutil.wait_procs(children, limit)[1]
