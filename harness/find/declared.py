"""What an adapter's class declares, read from its source: importing it would import its framework."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Declaration:
    """The literal class attributes of an adapter: its ``name`` and ``modes``, which of these are costly, and which
    compile a batch as one function."""

    name: str
    modes: tuple[str, ...]
    costly_modes: tuple[str, ...] = ()
    fused_modes: tuple[str, ...] = ()


def read_declaration(source: Path, class_name: str) -> Declaration:
    """Raises ``ValueError`` saying what is missing when the class declares no ``name`` or ``modes``."""
    try:
        tree = ast.parse(source.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ValueError(f"{source.name}, line {error.lineno}: {error.msg}") from None
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            return _declaration(node, source)
    raise ValueError(f"{source.name} defines no class {class_name!r}")


def _declaration(node: ast.ClassDef, source: Path) -> Declaration:
    found = dict(pair for statement in node.body for pair in _assignments(statement))
    name, modes = found.get("name"), found.get("modes")
    if not isinstance(name, str) or not isinstance(modes, (tuple, list)) or not modes:
        raise ValueError(f"class {node.name} in {source.name} must set name = '...' and modes = ('...',) as literals")
    costly, fused = (_some_modes(node, source, found, attribute) for attribute in ("costly_modes", "fused_modes"))
    return Declaration(name, tuple(map(str, modes)), costly, fused)


def _some_modes(node: ast.ClassDef, source: Path, found: dict[str, object], attribute: str) -> tuple[str, ...]:
    given = found.get(attribute, ())
    if not isinstance(given, (tuple, list, set)):
        raise ValueError(f"class {node.name} in {source.name} must set {attribute} = ('...',) as a literal")
    return tuple(sorted(map(str, given)))


def _assignments(statement: ast.stmt) -> list[tuple[str, object]]:
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return []
    try:
        value = ast.literal_eval(_inner(statement.value)) if statement.value is not None else None
    except ValueError:
        return []
    return [(t.id, value) for t in targets if isinstance(t, ast.Name)]


def _inner(value: ast.expr) -> ast.expr:
    """The literal that ``frozenset`` is made of, or the value itself."""
    made = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "frozenset"
    return value.args[0] if made and isinstance(value, ast.Call) and value.args else value
