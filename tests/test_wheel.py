"""What is installed: files of wheel and source distribution, and that packages of common names beside it do no harm."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINKED = ("adapters", "cases", "harness", "reports")
BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, f'build_{sys.argv[1]}')('dist')"


def build(tree: Path, kind: str) -> Path:
    done = subprocess.run([sys.executable, "-c", BUILD, kind], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (tree / "dist").glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


def installed_files(wheel: Path) -> set[str]:
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel") / "checkout"
    for name in LINKED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "opassay", folder / "opassay", symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    return build(checkout, "wheel")


def test_the_wheel_holds_every_file_under_one_name(checkout: Path, wheel: Path) -> None:
    files = {path.relative_to(checkout) for name in LINKED for path in (checkout / name).rglob("*") if path.is_file()}
    own = {"opassay/__init__.py", "opassay/__main__.py"}
    assert installed_files(wheel) == own | {f"opassay/{file.as_posix()}" for file in files}


def test_the_source_distribution_makes_the_same_wheel(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build(checkout, "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert installed_files(build(unpacked, "wheel")) == installed_files(wheel)


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked, as pip does it, beside packages that have the names of its folders."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    occupy(folder)
    return folder


def occupy(folder: Path) -> None:
    for name in LINKED:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise ImportError('the other {name}')\n", encoding="utf-8")


@pytest.mark.parametrize(
    "command",
    ["-m opassay run", "-m pytest -q -W error -p no:xdist -p no:cacheprovider -p opassay --opassay"],
    ids=["run", "pytest"],
)
def test_what_is_installed_runs_beside_folders_of_the_same_names(site: Path, tmp_path: Path, command: str) -> None:
    occupy(tmp_path)
    (tmp_path / "planted.py").write_text((ROOT / "tests" / "run" / "planted.py").read_text(encoding="utf-8"))
    prefix = "--opassay-" if "pytest" in command else "--"
    options = (
        f"{prefix}adapter planted:Honest {prefix}target honest {prefix}op conv2d {prefix}aspect value {prefix}cases 2"
    )
    environment = {**os.environ, "PYTHONPATH": str(site), "OPASSAY_CACHE": "off"}
    done = subprocess.run(
        [sys.executable, *command.split(), *options.split()],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("passed" if "pytest" in command else "No new difference") in done.stdout
