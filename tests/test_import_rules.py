"""Who may import whom, read from the source; every rule is shown to report a planted violation."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("opassay",)
SCRIPTED = ("torch", "tensorflow", "jax")
FRAMEWORKS = (*SCRIPTED, "onnxruntime", "openvino", "keras", "tinygrad", "paddle", "mlx")


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


JUDGING = ("opassay.adapters", "opassay.cases", "opassay.reports", "opassay.harness.run")
JUDGING_PLANTED = (
    "import opassay.adapters.oracle",
    "from opassay.cases.conv import conv2d",
    "import opassay.reports",
    "from opassay.harness import run",
    "import importlib\nimportlib.import_module('opassay.cases.conv')",
)
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
    "judge": Rule(("harness/judge",), JUDGING_PLANTED, never=JUDGING),
    "registry": Rule(
        (
            "harness/find/registry.py",
            "harness/find/declared.py",
            "harness/find/located.py",
            "harness/find/user_targets.py",
        ),
        JUDGING_PLANTED,
        never=JUDGING,
    ),
    "run": Rule(
        ("harness/run",),
        (
            "from opassay.reports.data.table import write_table",
            "import opassay.adapters.torch",
            "def f():\n    import opassay.cases.conv",
            "from opassay.harness.hunt.hunter import Hunter",
        ),
        never=("opassay.reports", "opassay.adapters", "opassay.cases", "opassay.harness.hunt"),
    ),
    "hunt": Rule(
        ("harness/hunt",),
        (
            "from opassay.reports.data.text import plural",
            "import opassay.adapters.torch",
            "from opassay.harness import commands",
            "def f():\n    import opassay.cases.conv",
        ),
        never=(
            "opassay.reports",
            "opassay.adapters",
            "opassay.cases",
            "opassay.harness.doors.cli",
            "opassay.harness.doors.commands",
            "opassay.harness.doors.pytest_plugin",
        ),
    ),
    "fleet": Rule(
        ("harness/fleet",),
        (
            "import opassay.adapters.torch",
            "from opassay.harness import cli",
            "def f():\n    import opassay.cases.conv",
        ),
        never=("opassay.adapters", "opassay.cases", "opassay.harness.doors.cli", "opassay.harness.doors.pytest_plugin"),
    ),
    "check": Rule(
        ("harness/check",),
        (
            "from opassay.reports.data.text import plural",
            "import opassay.adapters.torch",
            "from opassay.harness import commands",
            "def f():\n    import opassay.cases.conv",
        ),
        never=(
            "opassay.reports",
            "opassay.adapters",
            "opassay.cases",
            "opassay.harness.doors.cli",
            "opassay.harness.doors.commands",
        ),
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
            "opassay.harness.find.located",
            "opassay.harness.find.registry",
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
