"""``opassay new-adapter``: what it writes runs at once, and a wrong request writes nothing."""

from __future__ import annotations

import csv
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import newcomer  # noqa: E402 - a module beside this file

CLASS = "opassay_fresh.adapter:FreshAdapter"


def type_in(folder: Path, command: str, **variables: str) -> tuple[int, str]:
    """Status and output of what is typed in ``folder``; opassay itself is the one of this repository."""
    done = newcomer.shell(command, folder, {**os.environ, "OPASSAY_CACHE": "off", **variables})
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def opassay(folder: Path, arguments: str, path: Path | str = "") -> tuple[int, str]:
    return type_in(folder, f"{sys.executable} -P -m opassay {arguments}", PYTHONPATH=f"{newcomer.ROOT}:{path}")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    status, said = opassay(folder, "new-adapter fresh --package")
    assert status == 0, said
    (folder / "opassay-fresh" / "printed.txt").write_text(said)
    return folder / "opassay-fresh"


def test_the_printed_command_runs_the_package_from_any_folder_before_it_is_installed(
    package: Path, tmp_path: Path
) -> None:
    printed = (package / "printed.txt").read_text().splitlines()[-1]
    path, arguments = re.fullmatch(r"  PYTHONPATH=(\S+) opassay (.*)", printed).groups()  # type: ignore[union-attr]
    status, said = opassay(tmp_path, f"{arguments} --op relu --op matmul --cases 5", path)
    assert status == 0, said
    assert "1 op is left out: fresh does not have it" in said
    assert "No new difference" in said


def test_a_package_says_which_ops_are_absent(package: Path, tmp_path: Path) -> None:
    status, said = opassay(tmp_path, f"list adapters fresh --adapter {CLASS}", package / "src")
    assert status == 0
    head, absent = " ".join(said.split()).split(" absent: ")
    assert head.endswith("with limits: relu")
    assert "conv2d" in absent.split(", ")


def test_the_tests_of_a_package_pass(package: Path) -> None:
    command = f"{sys.executable} -m pytest -q -p no:cacheprovider"
    status, said = type_in(package, command, PYTHONPATH=str(newcomer.ROOT))
    assert status == 0, said
    assert "12 passed, 3 skipped" in said


def test_the_tests_of_a_package_fail_on_a_wrong_op(package: Path, tmp_path: Path) -> None:
    shutil.copytree(package, tmp_path / "wrong")
    source = tmp_path / "wrong" / "src" / "opassay_fresh" / "expressions.py"
    source.write_text(source.read_text().replace("np.maximum(x", "np.minimum(x"))
    command = f"{sys.executable} -m pytest -q -p no:cacheprovider"
    status, said = type_in(tmp_path / "wrong", command, PYTHONPATH=str(newcomer.ROOT))
    assert status == 1
    assert "test_worked_examples_come_out" in said
    assert "test_generated_cases_show_nothing_new[relu]" in said


MORE_OPS = """
    def matmul(self, a: Any, b: Any) -> Any:
        return np.matmul(a, b)

    def scatter_nd(self, indices: Any, updates: Any, *, shape: Any) -> Any:
        answer = np.zeros(shape, updates.dtype)
        np.add.at(answer, tuple(np.moveaxis(indices, -1, 0)), updates)
        return answer

    def avg_unpool2d(self, x: Any, *, window: Any, layout: str) -> Any:
        rows = 1 if layout == "NHWC" else 2
        return np.repeat(np.repeat(x, window[0], rows), window[1], rows + 1)

    def max_unpool2d(self, x: Any, indices: Any, *, output_shape: Any, layout: str) -> Any:
        answer = np.zeros(output_shape, x.dtype)
        if layout == "NCHW":
            x, indices = np.moveaxis(x, 1, 3), np.moveaxis(indices, 1, 3)
        flat = answer.reshape(len(x), -1)
        flat[np.arange(len(x))[:, None], indices.reshape(len(x), -1)] = x.reshape(len(x), -1)
        return answer if layout == "NHWC" else np.moveaxis(flat.reshape(output_shape), 3, 1)
"""


def test_what_numpy_refuses_is_no_fault_of_the_adapter(package: Path, tmp_path: Path) -> None:
    shutil.copytree(package, tmp_path / "more")
    source = tmp_path / "more" / "src" / "opassay_fresh" / "adapter.py"
    source.write_text(source.read_text() + MORE_OPS)
    arguments = f"run --target fresh --aspect error --cases 20 --findings 0 --adapter {CLASS}"
    status, said = opassay(tmp_path, arguments, tmp_path / "more" / "src")
    assert status == 1, said
    with (tmp_path / "opassay-report" / "results.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["op"] in MORE_OPS]
    assert [row["message"] for row in rows if row["verdict"] == "fault"] == []
    told = {row["error_type"] for row in rows if row["verdict"] == "pass"}
    assert {"ValueError", "IndexError"} <= told


def tidy(folder: Path) -> tuple[int, str]:
    ruff = f"{sys.executable} -m ruff"
    settings = "--config " + str(newcomer.ROOT / "pyproject.toml")
    return type_in(folder, f"{ruff} check {settings} . && {ruff} format {settings} --check .")


def test_what_is_written_is_tidy(package: Path) -> None:
    status, said = tidy(package)
    assert status == 0, said


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository, with an adapter more."""
    folder = tmp_path_factory.mktemp("tree") / "checkout"
    skipped = shutil.ignore_patterns("__pycache__", "known_pins.json")
    for name in ("harness", "adapters", "cases", "reports", "tests/adapters"):
        shutil.copytree(newcomer.ROOT / name, folder / name, ignore=skipped)
    shutil.copytree(newcomer.ROOT / "opassay", folder / "opassay", symlinks=True)
    shutil.copy(newcomer.ROOT / "pyproject.toml", folder / "pyproject.toml")
    status, said = inside(folder, "new-adapter fresh_one")
    assert status == 0, said
    return folder


def inside(checkout: Path, arguments: str) -> tuple[int, str]:
    return type_in(checkout, f"{sys.executable} -P -m opassay {arguments}", PYTHONPATH=str(checkout))


def test_an_adapter_in_the_tree_runs(checkout: Path) -> None:
    status, said = inside(checkout, "run --target fresh_one --op relu --op matmul --cases 5")
    assert status == 0, said
    assert "No new difference" in said


def test_an_adapter_in_the_tree_has_its_tests(checkout: Path) -> None:
    command = f"{sys.executable} -m pytest -q -p no:cacheprovider tests/adapters/test_adapter_fresh_one.py"
    status, said = type_in(checkout, command, PYTHONPATH=str(checkout))
    assert status == 0, said
    assert "12 passed, 3 skipped" in said


def test_what_is_written_into_the_tree_is_tidy(checkout: Path) -> None:
    status, said = tidy(checkout)
    assert status == 0, said


@pytest.mark.parametrize("name", ["fresh_one", "oracle", "geometry", "torch"])
def test_a_taken_name_in_the_tree_changes_nothing(name: str, checkout: Path) -> None:
    before = {path: path.read_bytes() for path in checkout.rglob("*.py")}
    status, said = inside(checkout, f"new-adapter {name}")
    assert (status, len(said.splitlines())) == (2, 1)
    assert {path: path.read_bytes() for path in checkout.rglob("*.py")} == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clas = 1", "unknown key 'clas'"),
        ("", "'class' is missing"),
        ("class = 1", "expected a str"),
        ("class = [", "adapter.toml: "),
        ('class = "Missing"', "defines no class 'Missing'"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_one_line(text: str, words: str, checkout: Path) -> None:
    manifest = checkout / "adapters" / "fresh_one" / "adapter.toml"
    before = manifest.read_text(encoding="utf-8")
    manifest.write_text(text, encoding="utf-8")
    try:
        status, said = inside(checkout, "list adapters")
    finally:
        manifest.write_text(before, encoding="utf-8")
    assert (status, said.count("\n")) == (2, 1), said
    assert words in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my-backend", "not a name"),
        ("class", "not a name"),
        ("Upper", "not a name"),
        ("_hidden", "not a name"),
        ("é", "not a name"),
        ("1st", "not a name"),
        ("''", "not a name"),
        ("torch", "is an adapter already"),
        ("all", "choose another"),
        ("relu", "choose another"),
        ("taken", "opassay-taken exists already"),
    ],
)
def test_a_bad_name_is_one_line_and_nothing_is_written(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "opassay-taken").mkdir()
    status, said = opassay(tmp_path, f"new-adapter {name} --package")
    assert (status, len(said.splitlines())) == (2, 1)
    assert said.startswith("opassay: ")
    assert words in said
    assert [path.name for path in tmp_path.rglob("*")] == ["opassay-taken"]


def test_outside_a_checkout_only_a_package_can_be_made(tmp_path: Path) -> None:
    status, said = opassay(tmp_path, "new-adapter fresh")
    assert (status, len(said.splitlines())) == (2, 1)
    assert "--package" in said


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from opassay.harness.doors.scaffold import new_adapter_command
    from opassay.harness.find.registry import UsageError

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", "opassay-fresh")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UsageError, match="cannot write 'opassay-fresh': Permission denied"):
        new_adapter_command("fresh", package=True)
