"""An adapter that another package brings: installed with pip, found by its entry point, tested by the suite."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import newcomer  # noqa: E402 - a module beside this file

pytestmark = pytest.mark.slow

Shell = Callable[[str], tuple[int, str]]


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """What somebody types in a folder that holds the package, after it was installed."""
    folder = tmp_path_factory.mktemp("thirdparty")
    shutil.copytree(HERE / "thirdparty" / "opassay-tiny", folder / "opassay-tiny")
    variables = newcomer.environment(folder / "env")

    def run(command: str) -> tuple[int, str]:
        done = newcomer.shell(command, folder, variables)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    status, said = run("pip install ./opassay-tiny")
    assert status == 0, said
    (folder / "opassay-tiny" / "src").rename(folder / "opassay-tiny" / "moved")
    return run


def test_it_is_found_by_its_entry_point(typed: Shell) -> None:
    status, said = typed("opassay list adapters tiny")
    assert status == 0
    lines = [line.strip() for line in said.splitlines()]
    assert lines[0] == "tiny: installed"
    assert lines[1].startswith("modes: eager; ")
    assert lines[2] == "opassay_tiny.adapter:TinyAdapter"
    _, limited, absent = re.split(r"with limits: | absent: ", " ".join(lines[3:]))
    assert {"relu", "matmul"} <= set(limited.split(", "))
    assert "conv2d" in absent.split(", ")


def test_its_known_differences_are_found(typed: Shell) -> None:
    status, said = typed("opassay list known")
    assert status == 0
    assert "tiny-relu-nan" in said


def test_it_runs_and_what_is_known_is_not_new(typed: Shell) -> None:
    status, said = typed("opassay run --target tiny --op relu --op matmul --cases 20 --strict")
    assert status == 0, said
    assert "No new difference" in said
    assert "known" in said


def test_its_tests_inherit_the_suite(typed: Shell) -> None:
    status, said = typed("python -m pytest -q -p no:cacheprovider opassay-tiny/tests")
    assert status == 0, said
    assert "14 passed, 2 skipped" in said


def test_without_its_known_difference_its_tests_are_red(typed: Shell) -> None:
    where = "$(python -c 'import opassay_tiny; print(opassay_tiny.__path__[0])')"
    status, said = typed(
        f"mv {where}/known.py kept.py; python -m pytest -q -p no:cacheprovider opassay-tiny/tests -k 'new and relu' "
        f"&& status=0 || status=1; mv kept.py {where}/known.py; exit $status"
    )
    assert status == 1
    assert "special" in said


def test_known_differences_that_cannot_be_read_are_one_line(typed: Shell) -> None:
    where = "$(python -c 'import opassay_tiny; print(opassay_tiny.__path__[0])')"
    status, said = typed(
        f"cp {where}/known.py kept.py; echo 1/0 >> {where}/known.py; opassay list known "
        f"&& status=0 || status=$?; mv kept.py {where}/known.py; exit $status"
    )
    assert (status, len(said.strip().splitlines())) == (2, 1)
    assert "the known differences of 'tiny' cannot be read: opassay_tiny.known: ZeroDivisionError" in said
