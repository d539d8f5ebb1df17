"""An environment as a newcomer has one: opassay installed, commands on the path, nothing from the network."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment(folder: Path) -> Mapping[str, str]:
    """Variables of a virtual environment in ``folder`` that also has all packages of this one.

    pip installs into it without looking for anything: what opassay needs is there, and so is the build backend.
    """
    venv.create(folder, with_pip=False)
    bin_ = folder / "bin"
    own = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    Path(own, "parent.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for command, module in (("pip", "pip"), ("opassay", "opassay"), ("pytest", "pytest")):
        script = bin_ / command
        script.write_text(f'#!/bin/sh\nexec {bin_}/python -P -m {module} "$@"\n')
        script.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTEST_"))}
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_CONFIG_FILE": os.devnull}
    return {
        **kept,
        **offline,
        "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "OPASSAY_CACHE": "off",
    }


def shell(command: str, folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run lines of shell, as somebody would type them; the first that fails ends them."""
    line = ["bash", "-e", "-c", command]
    return subprocess.run(line, cwd=folder, env=dict(variables), capture_output=True, text=True, timeout=600)
