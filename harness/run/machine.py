"""What a run ran on, as far as a reader of its report needs to know."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("opassay", "numpy", "hypothesis", "pandas", "pyarrow")


def describe_machine() -> dict[str, Any]:
    """Platform, interpreter, processor, cores, memory in GiB, and versions of the packages that shape a run."""
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def default_memory(workers: int) -> int:
    """Bytes one worker may grow to: an equal share of three quarters of the machine's memory."""
    return int(psutil.virtual_memory().total * 0.75 / max(1, workers))
