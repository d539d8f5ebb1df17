"""The oracle stays free of frameworks: checked in a fresh process, with a proof that the check can fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = (
    "tensorflow",
    "torch",
    "jax",
    "hypothesis",
    "pandas",
    "opassay.cases",
    "opassay.reports",
    "opassay.adapters.geometry",
)
PROBE = f"import sys; import opassay.adapters.oracle; print(*sorted(set({FORBIDDEN!r}) & set(sys.modules)))"


def forbidden_modules(*path: Path) -> list[str]:
    """Which forbidden modules importing the oracle from ``path`` brings in."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))}
    command = [sys.executable, "-c", PROBE]
    result = subprocess.run(command, env=environment, cwd=path[0], capture_output=True, text=True, check=True)
    return result.stdout.split()


def test_importing_the_oracle_imports_no_framework_and_no_adapter_code():
    assert forbidden_modules(ROOT) == []


@pytest.mark.parametrize("module", ["torch", "opassay.adapters.geometry"])
def test_the_import_check_notices_a_planted_import(module, tmp_path):
    for package in ("adapters", "harness"):
        ignore = shutil.ignore_patterns("__pycache__", "torch", "tensorflow", "jax")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    shutil.copytree(ROOT / "opassay", tmp_path / "opassay", symlinks=True)
    (tmp_path / "torch.py").write_text("")
    with (tmp_path / "adapters" / "oracle" / "unpool.py").open("a") as source:
        source.write(f"\nimport {module}\n")
    assert forbidden_modules(tmp_path) == [module]
