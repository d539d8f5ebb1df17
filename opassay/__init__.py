"""The public face of opassay: ``from opassay import Adapter, Case``; the command and the pytest plugin start here.

In a checkout, the packages in this folder are links to the folders of the same names beside it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

__version__ = "0.1.0"

_PACKAGES = ("harness", "adapters", "cases", "reports")
_PUBLIC = {
    "Adapter": "opassay.harness.model.adapter",
    "AdapterContract": "opassay.harness.contract.suite",
    "Asked": "opassay.harness.model.script",
    "BFLOAT16": "opassay.harness.model.dtypes",
    "Case": "opassay.harness.model.case",
    "CheckFailed": "opassay.harness.doors.check",
    "DTYPES": "opassay.harness.model.dtypes",
    "Fact": "opassay.harness.model.fact",
    "Fill": "opassay.harness.model.fills",
    "Follows": "opassay.harness.model.choice",
    "Idiom": "opassay.harness.model.script",
    "Inferred": "opassay.harness.model.outcome",
    "Memory": "opassay.harness.model.memory",
    "NumericModel": "opassay.harness.model.numeric_model",
    "NumericRule": "opassay.harness.model.numeric_model",
    "Tensor": "opassay.harness.model.case",
    "Unconnected": "opassay.harness.model.adapter",
    "UnknownDevice": "opassay.harness.model.adapter",
    "Unsupported": "opassay.harness.model.adapter",
    "accepted": "opassay.adapters.facts",
    "as_tuple": "opassay.harness.model.adapter",
    "by_pullback": "opassay.adapters.gradients",
    "by_tape": "opassay.adapters.gradients",
    "check": "opassay.harness.doors.check",
    "mistakes": "opassay.adapters.kernels.elements",
    "new_differences": "opassay.harness.contract.judged",
    "ops_of": "opassay.adapters.expressions",
    "pinned": "opassay.adapters.facts",
    "read_table": "opassay.reports.data.table",
    "record": "opassay.harness.bisect.record",
}
_MODULES = ("geometry", "tracing", "transposed")
"""Those of ``opassay.adapters`` that are public as a whole: window arithmetic, and what runs whole graphs."""

__all__ = ["__version__", "main", *_PUBLIC, *_MODULES]


def __getattr__(name: str) -> Any:
    # Imported when asked for: an ordinary pytest run must not pay for NumPy.
    if name not in _PUBLIC and name not in _MODULES:
        raise AttributeError(f"module 'opassay' has no attribute {name!r}")
    if problem := unlinked():
        raise ImportError(problem)
    if name in _MODULES:
        return importlib.import_module(f"opassay.adapters.{name}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def unlinked() -> str | None:
    """One line saying that the checkout has no symbolic links, or None."""
    home = Path(__file__).absolute().parent
    missing = [package for package in _PACKAGES if not (home / package / "__init__.py").is_file()]
    if not missing:
        return None
    return (
        f"{home.name}/{missing[0]} is no link to the folder {missing[0]!r} of the checkout; in it, run "
        f"`git config core.symlinks true && git checkout -- {home.name}` (on Windows: with developer mode on)"
    )


def main() -> None:
    """The command ``opassay``."""
    problem = unlinked()
    if problem is not None:
        print(f"opassay: {problem}", file=sys.stderr)
        raise SystemExit(2)
    from opassay.harness.doors.cli import run_cli

    run_cli()


def pytest_addoption(parser: Any) -> None:
    """Options of the plugin; without ``--opassay`` it does nothing else."""
    group = parser.getgroup("opassay", "conformance of deep-learning operators")
    add = group.addoption
    add("--opassay", action="store_true", help="run one test per op, aspect and target")
    add(
        "--opassay-target",
        action="append",
        default=[],
        metavar="T",
        help="adapter[:mode][@device], or yours; repeatable",
    )
    add("--opassay-op", action="append", default=[], metavar="O", help="only this op; repeatable")
    add("--opassay-aspect", action="append", default=[], metavar="A", help="only this aspect; repeatable")
    add("--opassay-adapter", action="append", default=[], metavar="M:C", help="a further adapter, as module:Class")
    add("--opassay-cases", type=int, metavar="N", help="geometries per op and aspect (what takes some minutes)")
    add("--opassay-seed", type=int, default=0, metavar="S", help="seed of the case stream (0)")
    add("--opassay-fills", type=int, default=2, metavar="K", help="value sets per geometry (2)")
    add("--opassay-suite", metavar="FILE", help="the cases of a suite: a file, or a shipped name")
    add("--opassay-repeat", action="store_true", help="each case twice in one process and once in a fresh one")
    add("--opassay-timeout", type=float, default=30.0, metavar="S", help="seconds per case (30)")
    add("--opassay-findings", type=int, default=20, metavar="N", help="new differences to shrink and write down (20)")
    add("--opassay-out", default="opassay-pytest", metavar="DIR", help="folder of the findings (opassay-pytest)")
    add("--opassay-strict", action="store_true", help="new differences in untested versions of a framework fail, too")
    add("--opassay-baseline", metavar="FILE", help="differences that nobody has explained: they do not fail")
    add("--opassay-collapse", action="store_true", help="one test per target")
    add("--opassay-memory", metavar="SIZE", help="how large a worker may grow, as 4G (its share of 3/4 of the memory)")


def pytest_configure(config: Any) -> None:
    if not config.getoption("--opassay"):
        return
    problem = unlinked()
    if problem is not None:
        import pytest

        raise pytest.UsageError(f"opassay: {problem}")
    from opassay.harness.doors.pytest_plugin import Plugin

    config.pluginmanager.register(Plugin(config), "opassay-items")
