"""The machine of a run, for its report."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from functools import cache
from pathlib import Path
from typing import Any

import psutil

CPUINFO = Path("/proc/cpuinfo")
INSTRUCTION_SETS = ("sse4", "avx", "fma", "f16c", "amx", "asimd", "sve", "bf16", "i8mm", "fphp")
"""Prefixes of the CPU flags that choose kernels, and so the rounding of sums."""
PACKAGES = ("opassay", "numpy", "hypothesis", "pandas", "pyarrow")


def describe_machine() -> dict[str, Any]:
    """Platform, interpreter, processor and its flags, cores, memory in GiB, and versions of what shapes a run."""
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cpu": {"flags": " ".join(instructions())},
        "cores": os.cpu_count() or 1,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pressure() -> str:
    """How much memory is free, and the load of the last minute, in a few words."""
    memory, load = psutil.virtual_memory(), psutil.getloadavg()[0]
    return f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free, load {load:.1f}"


@cache
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    return _told("model name") or platform.processor() or platform.machine()


def instructions() -> tuple[str, ...]:
    """The instruction sets by which kernels are chosen, as far as the system tells, sorted."""
    flags = (_told("flags") or _told("Features")).split()
    return tuple(sorted(flag for flag in flags if flag.startswith(INSTRUCTION_SETS)))


def _told(name: str) -> str:
    """What Linux reports of the first processor."""
    lines = CPUINFO.read_text(errors="replace").splitlines() if CPUINFO.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")


LEAST_MEMORY = 2 * 2**30
"""Least memory limit of a worker in bytes: a framework with a compiler needs half of it to start."""


MOST_MEMORY = 6 * 2**30
"""Largest default limit in bytes: no answer that may be sent needs more."""


def default_memory(workers: int) -> int:
    """Bytes one worker may grow to: an equal share of three quarters of the machine's memory, within the two limits.

    Never more than three quarters: of many workers, few are that large at a time.
    """
    whole = psutil.virtual_memory().total * 0.75
    return int(min(whole, MOST_MEMORY, max(whole / max(1, workers), LEAST_MEMORY)))
