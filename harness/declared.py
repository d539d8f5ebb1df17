"""What an adapter's class declares, read from its source: importing it would import its framework."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Declaration:
    """The literal class attributes of an adapter: its ``name`` and ``modes``, and which of these are costly."""

    name: str
    modes: tuple[str, ...]
    costly_modes: tuple[str, ...] = ()


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
    costly = found.get("costly_modes", ())
    if not isinstance(costly, (tuple, list)):
        raise ValueError(f"class {node.name} in {source.name} must set costly_modes = ('...',) as a literal")
    return Declaration(name, tuple(map(str, modes)), tuple(map(str, costly)))


def _assignments(statement: ast.stmt) -> list[tuple[str, object]]:
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return []
    try:
        value = ast.literal_eval(statement.value) if statement.value is not None else None
    except ValueError:
        return []
    return [(t.id, value) for t in targets if isinstance(t, ast.Name)]
