"""Locates the source of an adapter given as module:Class, without importing it."""

from __future__ import annotations

import difflib
import importlib.util
import os
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from pathlib import Path

from opassay.harness.find.declared import Declaration, read_declaration


class UsageError(Exception):
    """The request cannot be fulfilled: one clear line, exit status 2."""


NAMED = 30
"""Most names in a message: nobody reads a longer list."""


def unknown(what: str, given: str, available: Iterable[str]) -> str:
    """One line: what was given, what comes close, what there is."""
    names = sorted(available)
    close = difflib.get_close_matches(given, names, n=1)
    guess = f"; did you mean {close[0]!r}?" if close else ""
    some = names if len(names) <= NAMED else [*names[:NAMED], "…"]
    count = f" {len(names)}" if len(names) > NAMED else ""
    return f"unknown {what} {given!r}{guess} (there are{count}: {', '.join(some)})"


def module_file(module: str) -> Path:
    """The source file of ``module``, found without importing it."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top) or _beside_us(top)
    if spec is None or spec.origin is None:
        raise UsageError(f"no module named {top!r} can be imported from here")
    path = Path(spec.origin)
    for part in rest:
        path = path.parent / part
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not path.is_file():
        raise UsageError(f"module {module!r} has no source file (looked for {path.name} beside {top})")
    return path


def _beside_us(top: str) -> ModuleSpec | None:
    """A module of the current folder. It comes last, so that it cannot hide installed ones."""
    here = os.getcwd()
    if here in sys.path or not any(os.path.isfile(os.path.join(here, p)) for p in (f"{top}.py", f"{top}/__init__.py")):
        return None
    sys.path.append(here)
    importlib.invalidate_caches()
    return importlib.util.find_spec(top)


def beside(location: str, part: str) -> str:
    """The module named ``part`` in the package of the adapter at module:Class; empty without one.

    Also empty for an adapter in the package's ``__init__.py``: importing its neighbour would import its framework.
    """
    package, folder = _package(location), folder_of(location)
    return f"{package}.{part}" if folder is not None and (folder / f"{part}.py").is_file() else ""


def folder_of(location: str) -> Path | None:
    """The folder of the package of the adapter at module:Class; None where it has none of its own."""
    package = _package(location)
    source = module_file(package) if package else None
    return source.parent if source is not None and source.name == "__init__.py" else None


def _package(location: str) -> str:
    return location.partition(":")[0].rpartition(".")[0]


def declare(location: str) -> Declaration:
    """What the class at module:Class declares."""
    module, colon, name = location.partition(":")
    if not colon or not name:
        raise UsageError(f"not an adapter: {location!r}; expected module:Class, such as my_package.adapter:MyAdapter")
    try:
        return read_declaration(module_file(module), name)
    except ValueError as error:
        raise UsageError(str(error)) from None
