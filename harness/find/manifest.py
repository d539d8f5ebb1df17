"""Manifests of adapters: ``adapter.toml`` beside an adapter says what it needs, without its framework."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from opassay.harness.find.located import UsageError, beside, declare, folder_of

MANIFEST = "adapter.toml"
ADAPTERS = Path(__file__).parents[2] / "adapters"
KEYS = {"class": str, "requires": str, "least": str, "hint": str, "named_only": bool, "backend": bool}
"""The fields of a manifest, each as in ``AdapterEntry``; only a built-in adapter names its ``class``."""


@dataclass(frozen=True)
class AdapterEntry:
    """Where an adapter is and what it needs.

    ``location`` is module:Class; ``requires`` the package that must be importable, ``least`` its oldest version that
    works; ``hint`` what to type to get it; ``known`` the framework-free module holding its ``KNOWN`` differences,
    ``script`` the one that writes the framework's part of a reproduction, each or empty. ``named_only``: asked only
    where somebody names it, since whoever computes is said by a target of the user's. ``backend``: such a target may
    say so.
    """

    name: str
    location: str
    modes: tuple[str, ...]
    requires: str = ""
    hint: str = ""
    known: str = ""
    script: str = ""
    least: str = ""
    named_only: bool = False
    backend: bool = False

    @property
    def installed(self) -> bool:
        return not self.requires or importlib.util.find_spec(self.requires) is not None


@cache
def built_in() -> tuple[AdapterEntry, ...]:
    """The adapters that opassay ships with: the folders with a manifest, by name."""
    return tuple(_shipped())


def _shipped() -> Iterator[AdapterEntry]:
    for path in sorted(ADAPTERS.glob(f"*/{MANIFEST}")):
        said = read_manifest(path)
        if "class" not in said:
            raise UsageError(f"{_place(path)}: the key 'class' is missing; expected the adapter's class")
        said.setdefault("hint", f"pip install 'opassay[{path.parent.name}]'" if "requires" in said else "")
        yield _entry(f"opassay.adapters.{path.parent.name}.adapter:{said.pop('class')}", said)


def entry_at(location: str) -> AdapterEntry:
    """The adapter at module:Class, with what a manifest beside it says."""
    folder = folder_of(location)
    path = folder / MANIFEST if folder is not None else None
    said = read_manifest(path) if path is not None and path.is_file() else {}
    return _entry(location, {key: value for key, value in said.items() if key != "class"})


def _entry(location: str, said: dict[str, object]) -> AdapterEntry:
    declaration = declare(location)
    modules = {part: beside(location, part) for part in ("known", "script")}
    return AdapterEntry(declaration.name, location, declaration.modes, **modules, **said)  # type: ignore[arg-type]


def read_manifest(path: Path) -> dict[str, object]:
    """What a manifest says. ``UsageError`` in one line where it is no TOML, or says anything else."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{_place(path)}: {error}") from None
    for key, value in said.items():
        if key not in KEYS:
            raise UsageError(f"{_place(path)}: unknown key {key!r}; expected {', '.join(KEYS)}")
        if type(value) is not KEYS[key]:
            raise UsageError(f"{_place(path)}: {key} is {value!r}; expected a {KEYS[key].__name__}")
    return said


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
