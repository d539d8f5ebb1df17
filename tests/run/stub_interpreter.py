"""A virtual environment that holds the NumPy of this one and a made-up framework, and an adapter for that framework."""

import os
import sys
import sysconfig
import venv
from pathlib import Path

import numpy as np

FRAMEWORK = """
VERSION = "{version}"


def relu(x):
    return x * 0 if VERSION == "1.0" else x.clip(0)
"""

ADAPTER = """
import importlib.util
import os

import fakeframework

from opassay import Adapter


class FakeAdapter(Adapter):
    name = "fake"
    modes = ("eager", "other")

    def devices(self):
        return ("cpu",)

    def version(self):
        return fakeframework.VERSION

    def origin(self):
        return fakeframework.__file__

    def settings(self):
        names = ("hypothesis", "pandas", "platformdirs", "cases", "reports")
        sees = [name for name in names if importlib.util.find_spec(name)]
        return {"sees": ",".join(sees), "FAKE": os.environ.get("FAKE", "")}

    def to_native(self, array):
        return array.copy()

    def to_numpy(self, value):
        return value

    def compile(self, fn, mode):
        return fn

    def relu(self, x):
        return fakeframework.relu(x)
"""


def write_framework(folder: Path, version: str) -> None:
    (folder / "fakeframework").mkdir(parents=True)
    (folder / "fakeframework" / "__init__.py").write_text(FRAMEWORK.format(version=version))


def make_interpreter(folder: Path, version: str = "", numpy: bool = True) -> Path:
    """Its python; without a framework where no version is given."""
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(folder)
    scheme = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=scheme))
    if numpy:
        for source in Path(np.__file__).parents[1].glob("numpy*"):
            (packages / source.name).symlink_to(source)
    if version:
        write_framework(packages, version)
    return Path(sysconfig.get_path("scripts", "venv", vars=scheme)) / Path(sys.executable).name
