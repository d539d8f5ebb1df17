"""For frameworks that run whole graphs only: a function is traced once into a graph, which is then executed.

An op of such an adapter takes and returns *symbols*, values of a graph under construction. ``graph_op`` lets it be
called with arrays as well: then it is a graph of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any


class Traced:
    """Base of an adapter's symbols."""


def graph_op(method: Callable[..., Any]) -> Callable[..., Any]:
    """``method`` itself for symbols; for arrays, compiled in the adapter's first mode and run."""

    @functools.wraps(method)
    def call(adapter: Any, *values: Any, **attributes: Any) -> Any:
        if any(isinstance(value, Traced) for value in values):
            return method(adapter, *values, **attributes)
        built = adapter.compile(lambda *symbols: method(adapter, *symbols, **attributes), adapter.modes[0])
        return built(*values)

    return call


def leaves(value: Any) -> Iterator[Any]:
    """The leaves of a nested tuple, in order."""
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def refilled(value: Any, answers: Iterator[Any]) -> Any:
    """A tuple nested like ``value``, with the next of ``answers`` for each leaf."""
    if isinstance(value, (tuple, list)):
        return tuple(refilled(part, answers) for part in value)
    return next(answers)
