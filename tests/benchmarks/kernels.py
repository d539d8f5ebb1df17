"""Kernels with a fault and without, checked with default options: ``python tests/benchmarks/kernels.py [NAME]...``.

Per kernel: the verdict, the seconds that the check took, and what it says. They are those of tests/check.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "check")]

import planted_kernels  # noqa: E402 - a module beside the tests

from opassay import CheckFailed, check  # noqa: E402


def report(name, folder):
    """What a check of one kernel finds; the op is the first word of its name."""
    like = "conv2d" if name.startswith("conv2d") else name.partition("_")[0]
    try:
        return check(getattr(planted_kernels, name), like, out=folder, **planted_kernels.ASKED.get(name, {}))
    except CheckFailed as failed:
        return failed.report


def main():
    kernels = [
        n for n, f in vars(planted_kernels).items() if getattr(f, "__module__", "") == "planted_kernels" and f.__doc__
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or kernels:
            found = report(name, folder)
            print(f"{name}: {'differs' if found.status else 'right'}, {found.seconds:.1f} s\n{found}\n", flush=True)


if __name__ == "__main__":
    main()
