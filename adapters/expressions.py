"""Ops that are one expression of a framework: an adapter's method and the body of a script, from the same text.

An expression names its tensors ``x``, or ``a``, ``b`` and so on (``INPUTS``, in the op's order); all other names that
the adapter does not define are attributes of the op. An attribute without a parameter in the framework is not named:
then only cases where it is False run. An expression is compiled under the name of the adapter's own file, so that a
misspelt name is a fault of the adapter and not a refusal by the framework.
"""

from __future__ import annotations

import ast
import builtins
import linecache
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from opassay.adapters.script_text import Body, Step, body, tuple_of
from opassay.harness.model.adapter import Unsupported

INPUTS = (
    *("target", "mask", "indices", "starts", "condition", "x", "a", "b", "mean", "var", "weight", "bias", "updates"),
    *("query", "key", "value", "cos", "sin", "xs"),
)
SEVERAL = "xs"
"""All inputs of an op that takes any number of them."""

Method = Callable[..., Any]
Wrap = Callable[[Method], Method]


def parameters(expression: str, known: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tensors and the attributes of an expression; its other names are ``known`` or Python's own."""
    nodes = [node for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)]
    own = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    names = [node.id for node in nodes if node.id not in own]
    free = [name for name in dict.fromkeys(names) if name not in known and not hasattr(builtins, name)]
    return tuple(n for n in INPUTS if n in free), tuple(sorted(n for n in free if n not in INPUTS))


def _as_it_is(method: Method) -> Method:
    return method


def reduced(losses: str, mean: str, total: str) -> str:
    """The expression of a loss from that of each pair, which its attribute ``reduction`` averages, sums or keeps.

    ``mean``, ``total``: expressions with braces in place of the losses.
    """
    return f"{mean.format(losses)} if reduction == 'mean' else {total.format(losses)} if reduction else {losses}"


def ops_of(expressions: Mapping[str, str], file: str, wrap: Wrap = _as_it_is, /, **names: Any) -> type:
    """A base class with one wrapped method per expression. ``file``: the adapter's; ``names``: what expressions use."""
    return type("ExpressionOps", (), {op: wrap(_method(op, text, file, names)) for op, text in expressions.items()})


def _method(op: str, expression: str, file: str, names: Mapping[str, Any]) -> Method:
    inputs, attributes = parameters(expression, names)
    named = f", *, {', '.join(attributes)}" if attributes else ""
    given = ", ".join(f"*{name}" if name == SEVERAL else name for name in inputs)
    named = named.replace("*, ", "") if SEVERAL in inputs else named
    source = f"def _{op}(self, {given}{named}, **others):\n    none_of(others)\n    return {expression}\n"
    place = f"{file}:{op}"
    # Where a compiled function has no frame, the operands of an instruction are read from its source.
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    space = {**names, "none_of": _none_of}
    exec(compile(source, place, "exec"), space)
    space[f"_{op}"].__name__ = op
    return space[f"_{op}"]


def _none_of(attributes: Mapping[str, Any]) -> None:
    # For attribute values that are not named, ``lacking`` states which the framework does not support.
    left = [name for name, value in attributes.items() if value is not False and not isinstance(value, str)]
    asked = next(iter(left), None)
    if asked is not None:
        raise Unsupported(f"there is no parameter for {asked}")


def written(expression: str, step: Step) -> Body:
    """The body of a script's function: the expression with the attributes' values inserted."""
    several = {SEVERAL: step.inputs} if SEVERAL in parameters(expression, ())[0] else {}
    return body(f"return {filled(expression, step.attributes, several)}")


def filled(expression: str, attributes: Mapping[str, Any], several: Mapping[str, Sequence[str]] | None = None) -> str:
    """The expression with the values of attributes, and with tuples of names for inputs of variable number."""
    if not attributes and not several:
        return expression
    texts = {name: repr(value) for name, value in attributes.items()}
    texts |= {name: tuple_of(names) for name, names in (several or {}).items()}
    tree = _Filled(texts).visit(ast.parse(expression, mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree))


class _Filled(ast.NodeTransformer):
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self._texts:
            return node
        return ast.copy_location(ast.parse(self._texts[node.id], mode="eval").body, node)
