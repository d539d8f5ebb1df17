"""Which ops an adapter has, and which of them with declared limits: read from its source, since importing it would
import its framework.

An op is there where the class, or a base class of the adapter's own package, has a member of its name; a base class
may be what a function makes of a table of expressions. It has limits
where ``unsupported`` names it (in its code, or in a table or function that it uses), or where its method, or what that
calls, raises ``Unsupported``. An ``unsupported`` that names no op speaks of all. A table from ops to ops names none: it
says whose limits an op shares.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path

from opassay.harness.find.located import UsageError, module_file

_OURS = "opassay.adapters"
Node = ast.stmt | ast.expr


class Source:
    """A module's source: what it defines at its top, and what it imports from modules of followed packages."""

    def __init__(self, module: str, followed: Collection[str]) -> None:
        self.module = module
        self._followed = followed
        path = module_file(module)
        self._package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        self._tree = parse(path)

    @cached_property
    def defined(self) -> dict[str, Node]:
        """Functions, classes and values by name."""
        return dict(pair for statement in self._tree.body for pair in members(statement))

    @cached_property
    def imported(self) -> dict[str, tuple[str, str]]:
        """Name → module and name there, of what comes from followed packages."""
        found = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom):
                module = self._absolute(node)
                if any(f"{module}.".startswith(f"{package}.") for package in self._followed):
                    found.update({alias.asname or alias.name: (module, alias.name) for alias in node.names})
        return found

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self._package.split(".")
        return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


class Reader:
    """Reads one adapter, given as module:Class."""

    def __init__(self, location: str, ops: Collection[str]) -> None:
        self._module, _, self._name = location.partition(":")
        self._ops = frozenset(ops)
        top = self._module.partition(".")[0]
        self._followed = {_OURS} if self._module.startswith(_OURS) else {top, _OURS}
        self._sources: dict[str, Source] = {}
        self.unread: set[str] = set()
        """Tables of expressions that are computed, which only running them would tell; known once it has read."""

    def read(self) -> dict[str, bool]:
        """The ops that it has, each with whether limits are declared."""
        there = self._members
        named: set[str] = set()
        if "unsupported" in there:
            named = self._named(self._reached("unsupported")) or {*self._ops}
        if "lacking" in there:
            keys = {text.rpartition(":")[2] for node in self._reached("lacking") for text in _texts(node)}
            named = named | keys & self._ops
        return {op: op in named or self._raises(op) for op in sorted(self._ops & set(there))}

    def _named(self, nodes: Iterable[Node]) -> set[str]:
        """The ops that ``nodes`` name, and those that share their limits."""
        named: set[str] = set()
        shared: dict[str, str] = {}
        for node in nodes:
            table = _table(node)
            if table and self._ops.issuperset(table.values()):
                shared |= table
            else:
                named |= self._ops.intersection(_texts(node))
        return named | {op for op in self._ops & set(shared) if shared[op] in named}

    @cached_property
    def _members(self) -> dict[str, tuple[str, Node]]:
        """Members of the class and of its bases, with the module of each; the nearest first."""
        found: dict[str, tuple[str, Node]] = {}
        for module, node in self._classes(self._module, self._name, set()):
            for name, member in (pair for statement in node.body for pair in members(statement)):
                found.setdefault(name, (module, member))
        return found

    def _classes(self, module: str, name: str, seen: set[tuple[str, str]]) -> Iterator[tuple[str, ast.ClassDef]]:
        home, node = self._find(module, name) or ("", None)
        if isinstance(node, ast.Call):
            yield from self._made(home, node)
        if not isinstance(node, ast.ClassDef) or (home, name) in seen:
            return
        seen.add((home, name))
        yield home, node
        for base in node.bases:
            if isinstance(base, ast.Name):
                yield from self._classes(home, base.id, seen)
            elif isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
                module, attribute = self._source(home).imported.get(base.value.id, ("", ""))
                if module:
                    yield from self._classes(f"{module}.{attribute}", base.attr, seen)

    def _made(self, module: str, call: ast.Call) -> Iterator[tuple[str, ast.ClassDef]]:
        """A base class that is made of a table, its first argument: a member per entry."""
        table = call.args[0] if call.args else None
        home = (self._find(module, table.id) or (module,))[0] if isinstance(table, ast.Name) else module
        if isinstance(table, (ast.Name, ast.Dict, ast.BinOp)):
            body = [ast.parse(f"{key} = None").body[0] for key in self._keys(module, table) if key.isidentifier()]
            yield home, ast.ClassDef(name=str(table), bases=[], keywords=[], body=body, decorator_list=[])

    def _keys(self, module: str, table: Node) -> Iterator[str]:
        """The keys of a table that is a literal, a name of one, or made of such by ``|`` or ``**``."""
        home, node = (self._find(module, table.id) or ("", None)) if isinstance(table, ast.Name) else (module, table)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            parts: list[Node] = [node.left, node.right]
        elif isinstance(node, ast.Dict):
            yield from _texts(ast.Tuple([key for key in node.keys if isinstance(key, ast.Constant)]))
            parts = [v for key, v in zip(node.keys, node.values, strict=True) if not isinstance(key, ast.Constant)]
        else:
            self.unread.add(f"{table.id if isinstance(table, ast.Name) else 'a table'} of {module}")
            return
        for part in parts:
            yield from self._keys(home, part)

    def _find(self, module: str, name: str) -> tuple[str, Node] | None:
        """What ``name`` stands for in ``module``, and where that is written; None for what is not followed."""
        source = self._source(module)
        if name in source.defined:
            return module, source.defined[name]
        home, original = source.imported.get(name, ("", ""))
        if not home or home == module or not _is_module(home):
            return None
        return self._find(home, original)

    def _source(self, module: str) -> Source:
        if module not in self._sources:
            self._sources[module] = Source(module, self._followed)
        return self._sources[module]

    def _reached(self, member: str) -> Iterator[Node]:
        """The member, and each function, class and value that it uses, and so on."""
        waiting, seen = [self._members[member]], set()
        while waiting:
            module, node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            waiting.extend(self._used(module, node))

    def _used(self, module: str, node: Node) -> Iterator[tuple[str, Node]]:
        for part in ast.walk(node):
            found = None
            if isinstance(part, ast.Name):
                found = self._find(module, part.id)
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                found = self._attribute(module, part.value.id, part.attr)
            if found is not None:
                yield found

    def _attribute(self, module: str, owner: str, name: str) -> tuple[str, Node] | None:
        if owner == "self":
            return self._members.get(name)
        home, original = self._source(module).imported.get(owner, ("", ""))
        inner = f"{home}.{original}"
        return self._find(inner, name) if home and _is_module(inner) else None

    def _raises(self, op: str) -> bool:
        return any(_raises_unsupported(node) for node in self._reached(op))


def parse(path: Path) -> ast.Module:
    """The syntax tree of a file; ``UsageError`` in one line where it is not Python."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise UsageError(f"{path.parent.name}/{path.name}, line {error.lineno}: {error.msg}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path.parent.name}/{path.name} cannot be read as Python: {error}") from None


def members(statement: ast.stmt) -> Iterator[tuple[str, Node]]:
    """The names that a statement of a module or class defines."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name, statement
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        yield statement.target.id, statement.value
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _pairs(target, statement.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, Node]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for inner, part in zip(target.elts, value.elts, strict=False):
            yield from _pairs(inner, part)


def _is_module(name: str) -> bool:
    try:
        module_file(name)
    except UsageError:
        return False
    return True


def _texts(node: Node) -> Iterator[str]:
    return (part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def _table(node: Node) -> dict[str, str]:
    """A table from texts to texts; empty for what is none."""
    try:
        table = ast.literal_eval(node) if isinstance(node, ast.Dict) else {}
    except ValueError:
        return {}
    return table if all(isinstance(text, str) for pair in table.items() for text in pair) else {}


def _raises_unsupported(node: Node) -> bool:
    raised = (part.exc for part in ast.walk(node) if isinstance(part, ast.Raise) and part.exc)
    return any(isinstance(p, ast.Name) and p.id == "Unsupported" for exc in raised for p in ast.walk(exc))
