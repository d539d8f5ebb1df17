"""Who may import whom, read from the source; every rule is shown to report a planted violation."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("opassay",)
SCRIPTED = ("torch", "tensorflow", "jax")
ADAPTERS = tuple(sorted(path.parent.name for path in (ROOT / "adapters").glob("*/adapter.toml")))
CONVERTING = ("onnx", "stablehlo", "litert")
"""Adapters with rules of their own: they write down models, two of them by the expressions of another adapter."""
FRAMEWORKS = tuple(name for name in ADAPTERS if name not in CONVERTING)
"""The packages of the other adapters, each named as its adapter."""
HELPERS = tuple(sorted(path.stem for path in (ROOT / "adapters").glob("*.py") if path.stem != "__init__"))


@dataclass(frozen=True)
class Rule:
    """``only``: all that may be imported beside the standard library (None: anything). ``never``: what may not.

    ``ours``: the modules of this project that may be imported (None: any that ``never`` does not name).
    """

    files: tuple[str, ...]
    planted: tuple[str, ...]
    only: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()
    ours: tuple[str, ...] | None = None


def adapter_rule(name: str) -> Rule:
    others = [other for other in FRAMEWORKS if other != name]
    never = (
        "opassay.adapters.oracle",
        "opassay.cases",
        "opassay.reports",
        "opassay.harness.run",
        *(f"opassay.adapters.{other}" for other in others),
    )
    planted = (
        f"from opassay.adapters.{others[0]}.conv import conv2d",
        f"from opassay.adapters import {others[1]}",
        "import opassay.adapters.oracle",
        "def f():\n    from opassay.adapters.oracle import relu",
    )
    return Rule((f"adapters/{name}",), planted, never=never)


BELOW = ("model", "judge", "find", "worker", "store", "plan", "run", "hunt", "check", "arrays", "bisect", "how")
ROOMS = (*BELOW, "doors", "fleet")
"""The rooms of ``harness``, each above those that it may import; the doors open the fleet beside."""
RULES = {
    "model": Rule(
        ("harness/model",),
        (
            "import pandas",
            "from opassay.harness.run import wire",
            "from opassay.harness import judge",
            "from . import case",
        ),
        only=("numpy", "opassay.harness.model"),
    ),
    "below the doors": Rule(
        tuple(f"harness/{room}" for room in BELOW),
        (
            "import opassay.adapters.oracle",
            "from opassay.cases.conv import conv2d",
            "from opassay.reports.data.text import plural",
            "import importlib\nimportlib.import_module('opassay.cases.conv')",
            "def f():\n    import opassay.cases.conv",
        ),
        never=("opassay.adapters", "opassay.cases", "opassay.reports"),
    ),
    "contract": Rule(
        ("harness/contract",),
        (
            "import opassay.adapters.torch",
            "from opassay.cases import contract_examples",
            "import opassay.reports",
            "import hypothesis",
        ),
        only=(
            "numpy",
            "pytest",
            "opassay.harness.model",
            "opassay.harness.find",
            "opassay.harness.worker",
            "opassay.harness.plan",
            "opassay.harness.run",
            "opassay.harness.contract",
        ),
    ),
    "reports": Rule(
        ("reports",),
        (
            "from opassay.harness.judge import compare",
            "import opassay.harness.find.registry",
            "import opassay.adapters.oracle",
            "import torch",
        ),
        never=FRAMEWORKS,
        ours=("opassay.harness.model", "opassay.reports"),
    ),
    "data of reports": Rule(
        ("reports/data",),
        ("from opassay.reports.sections.matrix import total", "import opassay.reports.render.html"),
        ours=("opassay.harness.model", "opassay.reports.data"),
    ),
    "sections of reports": Rule(
        ("reports/sections",),
        ("from opassay.reports.render import html", "import jinja2", "import rich"),
        never=("jinja2", "rich", "junitparser"),
        ours=("opassay.harness.model", "opassay.reports.data", "opassay.reports.sections"),
    ),
    "oracle": Rule(
        ("adapters/oracle",),
        (
            "import scipy",
            "from opassay.adapters import geometry",
            "import torch",
            "from opassay.harness.judge import numerics",
        ),
        only=("numpy", "opassay.harness.model", "opassay.adapters.oracle"),
    ),
    "cases": Rule(
        ("cases",),
        (
            "import pandas",
            "from opassay.adapters.torch import adapter",
            "from opassay.harness.run import plan",
            "import hypothesis",
            "import jax",
        ),
        only=("numpy", "opassay.harness.model", "opassay.adapters.oracle", "opassay.cases"),
    ),
    "examples": Rule(
        ("cases/contract_examples.py",), ("import hypothesis", "import torch"), only=("numpy", "opassay.harness.model")
    ),
    "known": Rule(
        (
            "adapters/*/known*.py",
            "adapters/kernels/*.py",
            "adapters/geometry.py",
            "adapters/*/script*.py",
            "adapters/script_*.py",
            "adapters/torch/windows.py",
            "adapters/tensorflow/kernel_table.py",
            "adapters/tensorflow/limits.py",
        ),
        tuple(f"import {name}" for name in FRAMEWORKS),
        never=FRAMEWORKS,
    ),
    "helpers": Rule(
        ("adapters/*.py",),
        (
            "import torch",
            "from opassay.adapters.torch import windows",
            "import opassay.adapters.oracle",
            "from opassay.adapters.engines import xla",
            "from opassay.harness.run import lane",
        ),
        only=("numpy", "opassay.harness.model", *(f"opassay.adapters.{name}" for name in HELPERS)),
    ),
    "kernels": Rule(
        ("adapters/kernels",),
        (
            "import torch",
            "from opassay.adapters.torch import windows",
            "import opassay.adapters.oracle",
            "from opassay.adapters.engines import xla",
            "from opassay.cases.conv import conv2d",
        ),
        only=(
            "numpy",
            "opassay.harness.model",
            "opassay.adapters.kernels",
            *(f"opassay.adapters.{name}" for name in HELPERS),
        ),
    ),
    "engines": Rule(
        ("adapters/engines",),
        (
            "import torch",
            "from opassay.adapters.torch import known_empty",
            "import opassay.adapters.oracle",
            "from opassay.cases.conv import conv2d",
        ),
        only=("numpy", "opassay.harness.model", "opassay.adapters"),
        never=("opassay.adapters.oracle", *(f"opassay.adapters.{name}" for name in FRAMEWORKS)),
    ),
    "onnx": Rule(
        ("adapters/onnx",),
        (
            "from opassay.adapters.onnxruntime import limits",
            "import opassay.adapters.oracle",
            "from opassay.cases.conv import conv2d",
        ),
        never=(
            "opassay.adapters.oracle",
            "opassay.cases",
            "opassay.harness.run",
            *(f"opassay.adapters.{name}" for name in FRAMEWORKS),
        ),
    ),
    "stablehlo": Rule(
        ("adapters/stablehlo",),
        ("import torch", "from opassay.adapters.mlx import windows", "import opassay.adapters.oracle"),
        never=(
            "opassay.adapters.oracle",
            "opassay.cases",
            "opassay.harness.run",
            *(name for name in FRAMEWORKS if name != "jax"),
            *(f"opassay.adapters.{name}" for name in FRAMEWORKS if name != "jax"),
        ),
    ),
    "litert": Rule(
        ("adapters/litert",),
        ("import torch", "from opassay.adapters.mlx import windows", "import opassay.adapters.oracle"),
        never=(
            "opassay.adapters.oracle",
            "opassay.cases",
            "opassay.harness.run",
            *(name for name in FRAMEWORKS if name != "tensorflow"),
            *(f"opassay.adapters.{name}" for name in FRAMEWORKS if name != "tensorflow"),
        ),
    ),
    "programs": Rule(
        ("adapters/programs.py",),
        (
            "import numpy",
            "from opassay.adapters.oracle import conv2d",
            "import torch",
            "from opassay.harness.run import execute",
        ),
        only=("opassay.harness.model",),
    ),
    **{name: adapter_rule(name) for name in FRAMEWORKS},
}


def upward(room: str, source: str) -> list[str]:
    """What a module of a room imports from ``harness`` that is no room below its own."""
    rooms = (*ROOMS[: ROOMS.index(room) + 1], *(("fleet",) if room == "doors" else ()))
    mine = tuple(f"opassay.harness.{name}" for name in rooms)
    harness = (name for _, name in imports(ast.parse(source)) if within(name, ("opassay.harness",)))
    return [name for name in harness if not within(name, mine)]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_room_above(room: str) -> None:
    files = sorted((ROOT / "harness" / room).rglob("*.py"))
    assert files
    assert {str(file): found for file in files if (found := upward(room, file.read_text(encoding="utf-8")))} == {}


def test_every_module_of_the_harness_is_in_a_room_and_an_import_upwards_is_reported() -> None:
    entries = {entry.stem for entry in (ROOT / "harness").iterdir()} - {"__init__", "__pycache__"}
    assert entries == {*ROOMS, "contract"}
    for below, above in itertools.pairwise((*BELOW, "doors")):
        assert upward(below, f"from opassay.harness.{above} import planted") == [f"opassay.harness.{above}.planted"]


def named_rooms() -> set[str]:
    """The rooms in the first column of the table of docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Who may import whom")[2]
    return {room for row in re.findall(r"(?m)^\| (`.*?) \|", text) for room in re.findall(r"`([\w/.*<>]+)`", row)}


def test_every_room_is_in_the_table_of_the_docs_and_has_a_rule() -> None:
    folders = [path for path in (ROOT / "adapters").iterdir() if path.is_dir() and path.name != "__pycache__"]
    apart = {f"adapters/{path.name}" for path in folders if path.name not in FRAMEWORKS}
    helpers = {"adapters/*.py", "adapters/programs.py", "adapters/<name>"}
    parts = {f"reports/{path.name}" for path in (ROOT / "reports").iterdir() if path.is_dir()} - {"reports/__pycache__"}
    assert named_rooms() == {f"harness/{room}" for room in (*ROOMS, "contract")} | apart | helpers | parts | {"cases"}
    ruled = {file for rule in RULES.values() for file in rule.files} | {f"harness/{room}" for room in ROOMS}
    assert named_rooms() - ruled - {"adapters/<name>", "reports/render"} == set()
    assert {f"adapters/{name}" for name in FRAMEWORKS} <= ruled
    assert "reports" in ruled


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that is imported, at any depth; relative imports start with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function in ("import_module", "__import__"):
                yield node.lineno, str(node.args[0].value)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def allowed(name: str, rule: Rule) -> bool:
    if name.startswith(".") or within(name, rule.never):
        return False
    if rule.only is not None and name.partition(".")[0] not in sys.stdlib_module_names:
        return within(name, rule.only)
    return rule.ours is None or not within(name, OURS) or within(name, rule.ours)


def violations(source: str, rule: Rule) -> list[str]:
    return [f"line {line}: {name}" for line, name in imports(ast.parse(source)) if not allowed(name, rule)]


def sources(rule: Rule) -> list[Path]:
    found = [path for pattern in rule.files for path in ROOT.glob(pattern)]
    return [file for path in found for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]


@pytest.mark.parametrize("name", RULES)
def test_source_keeps_the_rule(name: str) -> None:
    files = sources(RULES[name])
    assert files
    found = {str(file): violations(file.read_text(encoding="utf-8"), RULES[name]) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("name", "source"), [pytest.param(n, s, id=f"{n}-{i}") for n, r in RULES.items() for i, s in enumerate(r.planted)]
)
def test_planted_violation_is_reported(name: str, source: str) -> None:
    assert len(violations(source, RULES[name])) == 1


@pytest.mark.parametrize("name", SCRIPTED)
def test_writing_a_script_loads_no_framework(name: str, tmp_path: Path) -> None:
    script = f"import sys, opassay.adapters.{name}.script; print(*sorted(set(sys.modules) & set({FRAMEWORKS!r})))"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


HEAVY = ("pandas", "hypothesis", *FRAMEWORKS)


@pytest.mark.parametrize(
    "modules",
    [
        "opassay.harness.worker.worker, opassay.harness.check.plain, opassay.harness.check.kernel",
        "opassay.harness.doors.cli, opassay.harness.doors.listing",
        "opassay.harness.doors.commands, opassay.harness.doors.pytest_plugin",
        "opassay.harness.contract.ask",
    ],
)
def test_light_modules_load_nothing_heavy(modules: str, tmp_path: Path) -> None:
    script = f"import sys, {modules}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
