"""The user's own targets, as ``pyproject.toml`` and ``opassay.toml`` of a folder describe them.

Reads and checks only; whether the adapter exists is checked by the registry. A target is a table ``[targets.NAME]`` of
``opassay.toml``, or ``[tool.opassay.targets.NAME]`` of ``pyproject.toml``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PLACES = {"pyproject.toml": ("tool", "opassay"), "opassay.toml": ()}
"""Where in each file our table is."""

KEYS = ("adapter", "mode", "device", "python", "backend", "env")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class UserTarget:
    """A target under a name of the user's. Empty ``mode`` and ``python`` stand for the default ones.

    ``python`` is an absolute path; ``backend`` says who computes, to an adapter that leaves it open; ``env`` holds
    further variables of the worker; ``place`` says where it is written.
    """

    name: str
    place: str
    adapter: str
    mode: str = ""
    device: str = "cpu"
    python: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    backend: str = ""


def read_targets(folder: Path) -> dict[str, UserTarget]:
    """By name, in the order of the files. Raises ``ValueError``, with place and reason, for what is not a target."""
    found: dict[str, UserTarget] = {}
    for file, where in PLACES.items():
        for name, table in _tables(folder / file, where).items():
            place = f"{file}, [{'.'.join([*where, 'targets', name])}]"
            if name in found:
                raise ValueError(f"{place}: there is a target {name!r} in {found[name].place} too; rename one")
            found[name] = _target(name, table, place, folder)
    return found


def interpreter_problem(path: str) -> str:
    """Why ``path`` cannot be started, or nothing."""
    if not os.path.isfile(path):
        return f"there is no interpreter {path!r}"
    return "" if os.access(path, os.X_OK) else f"{path!r} is not executable"


def _tables(file: Path, where: tuple[str, ...]) -> dict[str, Any]:
    try:
        ours: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ValueError(f"cannot read {file.name}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{file.name} is not TOML: {error}") from None
    for key in where:
        ours = _table(ours.get(key, {}), f"{file.name}, [{key}]")
    _only(ours, ("targets",), f"{file.name}, the table of opassay", f"[{'.'.join([*where, 'targets', 'NAME'])}]")
    return _table(ours.get("targets", {}), f"{file.name}, targets")


def _target(name: str, given: Any, place: str, folder: Path) -> UserTarget:
    table = _table(given, place)
    if not _NAME.fullmatch(name):
        raise ValueError(f"{place}: {name!r} is not a name; expected letters, digits, '_', '.' and '-'")
    _only(table, KEYS, place, ", ".join(KEYS))
    if "adapter" not in table:
        raise ValueError(f"{place}: the key 'adapter' is missing; expected the name of an adapter, such as \"jax\"")
    texts = {key: _text(table[key], key, place) for key in KEYS if key != "env" and key in table}
    if "python" in texts:
        texts["python"] = os.path.abspath(folder / Path(texts["python"]).expanduser())
    return UserTarget(name, place, **texts, env=_environment(table.get("env", {}), place))


def _environment(given: Any, place: str) -> dict[str, str]:
    table = _table(given, f"{place}, env")
    for name, value in table.items():
        if not name or "=" in name or "\0" in f"{name}{value}":
            raise ValueError(f"{place}: env has {name!r}, which cannot be a variable")
        if not isinstance(value, str):
            raise ValueError(f'{place}: env.{name} must be a string, such as "1"; got {value!r}')
    return table


def _text(value: Any, key: str, place: str) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"{place}: {key} must be a string that is not empty; got {value!r}")
    return value


def _table(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: expected a table, got {value!r}")
    return value


def _only(table: Mapping[str, Any], keys: tuple[str, ...], place: str, expected: str) -> None:
    strange = next((key for key in table if key not in keys), None)
    if strange is not None:
        raise ValueError(f"{place}: unknown key {strange!r}; expected {expected}")
