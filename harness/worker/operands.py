"""The operands of an instruction that raised, read from its source: the callee of a call, operands otherwise.

Functions of compiled extensions need leave no frame and no event of the profiler (NumPy's ufuncs, whatever nanobind
binds), and operators leave none at all. What they are applied to is all that tells whose they are.
"""

from __future__ import annotations

import ast
import builtins
import linecache
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import TracebackType
from typing import Any

Place = tuple[int | None, int | None, int | None, int | None]
"""First line, last line, first column, column after the last one, as ``co_positions`` gives them."""


def operands(traceback: TracebackType) -> list[Any]:
    """The values in play at the instruction, as far as names, attributes and entries lead to them; nothing is called.

    For the result of a call stands its function: what a function of a framework returned is the framework's.
    """
    frame = traceback.tb_frame
    node = _node(frame.f_code.co_filename, _place(traceback))
    known = {**vars(builtins), **frame.f_globals, **frame.f_locals}
    if isinstance(node, ast.Call):
        called = list(_values(node.func, known))
        # The functions of this module raise what their operands do.
        passed = [v for argument in node.args for v in _values(argument, known)]
        return called + (passed if any(getattr(f, "__module__", "") == "_operator" for f in called) else [])
    parts = ast.iter_child_nodes(node) if node is not None else ()
    return [value for part in parts for value in _values(part, known)]


def _place(traceback: TracebackType) -> Place | None:
    code = traceback.tb_frame.f_code
    if not hasattr(code, "co_positions"):  # Python 3.10 does not tell columns.
        return None
    return next(islice(code.co_positions(), traceback.tb_lasti // 2, None), None)


@lru_cache(maxsize=256)
def _ends(filename: str) -> Mapping[tuple[int, int], list[ast.AST]]:
    """What a source file holds, by its last line and the column after it; nothing of a file without source."""
    found = defaultdict[tuple[int, int], list[ast.AST]](list)
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return found
    for node in ast.walk(tree):
        found[getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)].append(node)
    return found


def _node(filename: str, place: Place | None) -> ast.AST | None:
    """The call that ends there, else what begins and ends there: Python 3.12 lets a call of a method begin late."""
    if place is None:
        return None
    first, last, start, end = place
    found = _ends(filename).get((last or 0, end or 0), [])
    calls = [n for n in found if isinstance(n, ast.Call)]
    same = [n for n in found if (getattr(n, "lineno", 0), getattr(n, "col_offset", 0)) == (first, start)]
    return next(iter([n for n in same if not isinstance(n, ast.stmt) or isinstance(n, ast.AugAssign)] or calls), None)


def _values(node: ast.AST, known: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(node, ast.Name) and node.id in known:
        yield known[node.id]
    elif isinstance(node, ast.Attribute):
        yield from _attributes(node, known)
    elif isinstance(node, ast.Starred):
        for value in _values(node.value, known):
            yield from value if isinstance(value, (list, tuple)) else ()
    elif isinstance(node, ast.Call):
        yield from _values(node.func, known)
    elif isinstance(node, ast.Subscript):
        yield from _entries(node, known)
    elif isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare)):
        for part in ast.iter_child_nodes(node):
            yield from _values(part, known)


def _attributes(node: ast.Attribute, known: Mapping[str, Any]) -> Iterator[Any]:
    for owner in _values(node.value, known):
        if _made_by_call(node.value):
            yield owner
        elif hasattr(owner, node.attr):
            yield getattr(owner, node.attr)


def _made_by_call(node: ast.AST) -> bool:
    """Whether it is what a call returned, or a part of that."""
    part = isinstance(node, (ast.Attribute, ast.Subscript)) and _made_by_call(node.value)
    return isinstance(node, ast.Call) or part


def _entries(node: ast.Subscript, known: Mapping[str, Any]) -> Iterator[Any]:
    """The entry, where a container of Python's holds it; else the container: an entry of a tensor is a tensor."""
    keys = [*_values(node.slice, known), *([node.slice.value] if isinstance(node.slice, ast.Constant) else [])]
    for container in _values(node.value, known):
        if isinstance(container, (dict, list, tuple)) and keys:
            try:
                yield container[keys[0]]
            except (KeyError, IndexError, TypeError):
                continue
        else:
            yield container
