"""The public face of opassay: ``from opassay import Adapter, Case``; the command and the pytest plugin start here.

The four packages beside this file have common names. Before anything of them is imported, it is made
sure that they are ours, and not folders of the same name in the user's project.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

__version__ = "0.1.0"

_PACKAGES = ("harness", "adapters", "cases", "reports")
_PUBLIC = {
    "Adapter": "harness.model.adapter",
    "AdapterContract": "harness.contract.suite",
    "new_differences": "harness.contract.judged",
    "Unconnected": "harness.model.adapter",
    "UnknownDevice": "harness.model.adapter",
    "Unsupported": "harness.model.adapter",
    "Case": "harness.model.case",
    "Tensor": "harness.model.case",
    "Fill": "harness.model.fills",
    "Memory": "harness.model.memory",
    "Known": "harness.model.known",
    "NumericModel": "harness.model.numeric_model",
    "NumericRule": "harness.model.numeric_model",
}

__all__ = ["__version__", "main", *_PUBLIC]


def __getattr__(name: str) -> Any:
    # Imported when asked for: an ordinary pytest run must not pay for NumPy.
    if name not in _PUBLIC:
        raise AttributeError(f"module 'opassay' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def shadowed() -> str | None:
    """One line saying which folder hides a package of ours, or None."""
    home = Path(__file__).resolve().parent
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        found = Path(spec.origin or "").resolve().parent.parent if spec and spec.origin else None
        if found != home:
            place = _where(spec)
            return (
                f"{place} hides opassay's own package {package!r}: run opassay from another folder, or rename that one"
            )
    return None


def _where(spec: Any) -> str:
    locations = list(getattr(spec, "submodule_search_locations", None) or []) if spec else []
    return f"the folder {locations[0]!r}" if locations else "something on the import path"


def main() -> None:
    """The command ``opassay``."""
    problem = shadowed()
    if problem is not None:
        print(f"opassay: {problem}", file=sys.stderr)
        raise SystemExit(2)
    from harness.cli import run_cli

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
    add("--opassay-cases", type=int, default=100, metavar="N", help="geometries per op and aspect (100)")
    add("--opassay-seed", type=int, default=0, metavar="S", help="seed of the case stream (0)")
    add("--opassay-fills", type=int, default=2, metavar="K", help="value sets per geometry (2)")
    add("--opassay-repeat", action="store_true", help="each case twice in one process and once in a fresh one")
    add("--opassay-timeout", type=float, default=30.0, metavar="S", help="seconds per case (30)")
    add("--opassay-findings", type=int, default=20, metavar="N", help="new differences to shrink and write down (20)")
    add("--opassay-out", default="opassay-pytest", metavar="DIR", help="folder of the findings (opassay-pytest)")
    add("--opassay-memory", metavar="SIZE", help="how large a worker may grow, as 4G (its share of 3/4 of the memory)")


def pytest_configure(config: Any) -> None:
    if not config.getoption("--opassay"):
        return
    problem = shadowed()
    if problem is not None:
        import pytest

        raise pytest.UsageError(f"opassay: {problem}")
    from harness.pytest_plugin import Plugin

    config.pluginmanager.register(Plugin(config), "opassay-items")


if __name__ == "__main__":
    main()
