"""A Dask scheduler and worker processes on loopback, started by hand, as on several machines."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from interrupted import environment, wait_until


class ByHand:
    """``address`` of a scheduler, and its workers, each a process of its own."""

    def __init__(self, folder: Path, workers: int) -> None:
        folder.mkdir(exist_ok=True)
        self._file, self._folder = folder / "scheduler.json", folder
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show")
        # Dask opens the file before it writes it.
        wait_until(lambda: self._file.exists() and self._file.read_text().rstrip().endswith("}"))
        self.address = json.loads(self._file.read_text())["address"]
        self.workers = [self._start("dask_worker", "--nthreads", "1", "--no-nanny") for _ in range(workers)]
        # A campaign has the workers that are there when it begins.
        known = f"import distributed; distributed.Client({self.address!r}).wait_for_workers({workers}, timeout=300)"
        subprocess.run([sys.executable, "-c", known], cwd=folder, env=environment(), check=True)

    def _start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{what}", "--scheduler-file", str(self._file), *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([*command, "--no-dashboard"], cwd=self._folder, env=environment(), **quiet)

    def __enter__(self) -> ByHand:
        return self

    def __exit__(self, *error: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.send_signal(signal.SIGKILL)
            process.wait()
