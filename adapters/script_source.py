"""Functions of an adapter copied from its source, for scripts: parsed, never imported, since that would load its
framework.

A function comes with all that it uses of this project, without docstrings, annotations or imports.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


class _Module:
    """The top-level definitions of a module, and the names in it that are imported from another one."""

    def __init__(self, name: str) -> None:
        tree = ast.parse((_ROOT / (name.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
        self.order = [node for node in tree.body if isinstance(node, _Definition)]
        self.definitions = {defined: node for node in self.order for defined in _names(node)}
        self.borrowed: dict[str, tuple[str, str]] = {}
        self.modules: dict[str, str] = {}
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("opassay.adapters"):
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    if (_ROOT / (whole.replace(".", "/") + ".py")).is_file():
                        self.modules[alias.name] = whole
                    else:
                        self.borrowed[alias.name] = (str(node.module), alias.name)


def _names(node: _Definition) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


_module = cache(_Module)


def source(needs: Sequence[str]) -> str:
    """The functions named as ``module:name``, each after those that it uses."""
    found: dict[tuple[str, str], str] = {}
    for need in needs:
        module, _, name = need.partition(":")
        _collect(module, name, found, set())
    return "\n\n\n".join(text for text in found.values() if text)


def _collect(module: str, name: str, found: dict[tuple[str, str], str], begun: set[tuple[str, str]]) -> None:
    if (module, name) in found or (module, name) in begun:
        return
    begun.add((module, name))
    home = _module(module)
    node = _Plain().visit(ast.parse(ast.unparse(home.definitions[name])).body[0])
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            if inner.id in home.borrowed:
                _collect(*home.borrowed[inner.id], found, begun)
            elif inner.id in home.definitions and inner.id != name:
                _collect(module, inner.id, found, begun)
        elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id in home.modules:
            _collect(home.modules[inner.value.id], inner.attr, found, begun)
    found[module, name] = ast.unparse(ast.fix_missing_locations(_Unqualified(home.modules).visit(node)))


class _Plain(ast.NodeTransformer):
    """Without docstrings and annotations."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        for argument in (*node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        node.body = _without_docstring(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = _without_docstring(node)
        return node


def _without_docstring(node: ast.FunctionDef | ast.ClassDef) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body


class _Unqualified(ast.NodeTransformer):
    """With ``module.name`` as ``name``."""

    def __init__(self, modules: dict[str, str]) -> None:
        self._modules = modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in self._modules:
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        return node
