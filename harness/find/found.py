"""Which ops there are, read from the source of the modules that hold their cases: importing these takes a second."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from opassay.harness.find.located import UsageError

CASES = Path(__file__).parents[2] / "cases"

_ENTRY = re.compile(r'^(\w+) = \w+(?:\.\w+)*\(\s*(?:name=)?"(\w+)"', re.MULTILINE)
"""A name, and a call that is given the very name first."""


@cache
def ops() -> dict[str, str]:
    """The module of each op, in the order of modules and lines.

    An op is ``name = kind("name", ...)`` at the top of a module in ``cases``. Raises ``UsageError`` where two modules
    have an op of one name.
    """
    found: dict[str, str] = {}
    for file in sorted(CASES.glob("*.py")):
        for name in names(file.read_text(encoding="utf-8")):
            if name in found:
                raise UsageError(f"cases/{file.name} has an op {name!r}, as {found[name]} has; rename one of them")
            found[name] = f"opassay.cases.{file.stem}"
    return found


def family(op: str) -> str:
    """The family of the ops of a module, such as ``conv programs``; empty for an op from elsewhere."""
    return ops().get(op, "").rpartition(".")[-1].replace("_", " ")


def names(source: str) -> list[str]:
    """The ops that a module's source defines."""
    return [name for name, said in _ENTRY.findall(source) if name == said]
