"""``opassay list``: what there is, without importing a framework, pandas or Hypothesis."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from opassay.harness.completeness import Reader
from opassay.harness.model.target import Target
from opassay.harness.registry import OPS, PROGRAMS, Registry, UsageError, unknown

Row = tuple[str, ...]


def list_command(what: str, adapters: list[str]) -> int:
    """Print the rows of ``what`` in aligned columns."""
    if what not in _LISTS:
        raise UsageError(unknown("list", what, _LISTS))
    registry = Registry(adapters, Path())
    _print(list(_LISTS[what](registry)))
    if what == "adapters":
        print()
        _print(list(_completeness(registry)))
    return 0


def _print(rows: list[Row]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _ops(registry: Registry) -> Iterator[Row]:
    import inspect

    import opassay.adapters.oracle as oracle

    composed = importlib.import_module(PROGRAMS).PROGRAMS
    for name in OPS:
        if name in composed:
            yield f"{name} = {' + '.join(composed[name].needs)}", composed[name].says
            continue
        function = getattr(oracle, name)
        yield name + str(inspect.signature(function)).partition(" ->")[0].replace("'", ""), first_line(function.__doc__)


def first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _adapters(registry: Registry) -> Iterator[Row]:
    for entry in registry.adapters.values():
        state = "installed" if entry.installed else f"not installed: {entry.hint}"
        yield entry.name, f"modes: {', '.join(entry.modes)}", entry.location, state


def _completeness(registry: Registry) -> Iterator[Row]:
    """Op × adapter: ``yes``, ``limits`` where the adapter declares some, ``-`` where the op is absent."""
    composed = importlib.import_module(PROGRAMS).PROGRAMS
    single = [op for op in OPS if op not in composed]
    has = [Reader(entry.location, single).read() for entry in registry.adapters.values()]
    yield "op", *registry.adapters
    for op in OPS:
        needs = composed[op].needs if op in composed else (op,)
        yield op, *(_cell([found.get(need) for need in needs]) for found in has)


def _cell(limited: list[bool | None]) -> str:
    return "-" if None in limited else "limits" if any(limited) else "yes"


def _targets(registry: Registry) -> Iterator[Row]:
    for entry in registry.installed():
        for mode in entry.modes:
            note = "default" if mode == entry.modes[0] else ""
            yield f"{entry.name}:{mode}", note
    for user in registry.described.values():
        target = Target(user.adapter, user.mode, user.device)
        yield user.name, f"{target}{' under a Python of its own' if user.python else ''}: {user.place}"


def _known(registry: Registry) -> Iterator[Row]:
    for name in registry.adapters:
        for known in registry.known(name):
            yield name, known.id, known.op, known.aspect, known.verdict, known.owner, known.reason


_LISTS = {"ops": _ops, "adapters": _adapters, "targets": _targets, "known": _known}
